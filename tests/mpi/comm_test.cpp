// SPDX-License-Identifier: Apache-2.0
// Every collective of Comm, at any number of ranks. Only what all ranks agree on is asserted where
// an early return would leave the others waiting: EXPECT, not ASSERT.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "mpi_world.hpp"

namespace cardwise::test {
namespace {

TEST(Comm, RanksAndNodesAreCounted) {
  const Comm& comm = world();
  const char* nodes = std::getenv("CARDWISE_TEST_NODES");
  const int expected = nodes ? std::atoi(nodes) : 1;

  EXPECT_EQ(comm.nodes(), expected);
  EXPECT_EQ(comm.local_size(), comm.size() / expected);
  EXPECT_EQ(comm.node(), comm.rank() / comm.local_size());
  EXPECT_EQ(comm.local_rank(), comm.rank() % comm.local_size());
  EXPECT_EQ(comm.root(), comm.rank() == 0);
}

TEST(Comm, AgreeTakesTheSlowestOfEachElement) {
  const Comm& comm = world();
  double times[3] = {double(comm.rank()), double(-comm.rank()), 7};
  const Health all = comm.agree(times);

  EXPECT_EQ(times[0], comm.size() - 1);
  EXPECT_EQ(times[1], 0);
  EXPECT_EQ(times[2], 7);
  EXPECT_FALSE(all.failure);
  EXPECT_EQ(all.failed_rank, -1);
  EXPECT_FALSE(all.stop || all.checkpoint || all.device_lost || all.skip);
}

TEST(Comm, AgreeNamesTheLowestFailingRank) {
  const Comm& comm = world();
  const int first = comm.size() / 2;  // and all above it
  Health mine;
  if (comm.rank() >= first) mine.failure = "rank " + std::to_string(comm.rank()) + " is ill";
  const Health all = comm.agree({}, mine);

  EXPECT_EQ(all.failure, "rank " + std::to_string(first) + " is ill");
  EXPECT_EQ(all.failed_rank, first);
  EXPECT_FALSE(all.skip);
}

TEST(Comm, AFailureIsWorseThanASkipOfALowerRank) {
  const Comm& comm = world();
  const int last = comm.size() - 1;
  Health mine{.failure = "no f64", .skip = true};
  if (comm.rank() == last) mine = {.failure = "broken"};
  const Health all = comm.agree({}, mine);

  EXPECT_EQ(all.failure, "broken");
  EXPECT_EQ(all.failed_rank, last);
  EXPECT_FALSE(all.skip);
}

TEST(Comm, ASkipOfOneRankIsASkipOfAll) {
  const Comm& comm = world();
  const int last = comm.size() - 1;
  Health mine;
  if (comm.rank() == last) mine = {.failure = "no f64", .skip = true};
  const Health all = comm.agree({}, mine);

  EXPECT_TRUE(all.skip);
  EXPECT_EQ(all.failure, "no f64");
  EXPECT_EQ(all.failed_rank, last);
}

TEST(Comm, EachMarkOfOneRankReachesAll) {
  const Comm& comm = world();
  const bool speaks = comm.rank() == comm.size() - 1;
  EXPECT_TRUE(comm.agree({}, {.device_lost = speaks}).device_lost);
  EXPECT_TRUE(comm.agree({}, {.stop = speaks}).stop);
  EXPECT_TRUE(comm.agree({}, {.checkpoint = speaks}).checkpoint);
  EXPECT_FALSE(comm.agree({}, {.checkpoint = speaks}).stop);
}

TEST(Comm, BroadcastsFromAnyRankTextsOfAnyLength) {
  const Comm& comm = world();
  for (int from = 0; from < comm.size(); ++from)
    for (const std::size_t length : {0, 1, 100'000}) {
      const std::string text(length, char('a' + from));
      EXPECT_EQ(comm.broadcast(comm.rank() == from ? text : "mine", from), text);
    }
}

TEST(Comm, BroadcastsMoreThanOneChunk) {
  const Comm& comm = world();
  const std::size_t length = (std::size_t{64} << 20) + 5;
  std::string text = comm.root() ? std::string(length, 'x') : "";
  if (comm.root()) text.back() = '!';
  text = comm.broadcast(std::move(text));

  EXPECT_EQ(text.size(), length);
  EXPECT_EQ(text.back(), '!');
}

TEST(Comm, GathersTextsOfDifferentLengthByRank) {
  const Comm& comm = world();
  const auto text_of = [](int rank) {
    return std::string(std::size_t(rank) * 1000, char('a' + rank));
  };
  const std::vector<std::string> all = comm.gather(text_of(comm.rank()));

  if (!comm.root()) {
    EXPECT_TRUE(all.empty());
    return;
  }
  EXPECT_EQ(all.size(), std::size_t(comm.size()));
  for (int r = 0; r < int(all.size()); ++r) EXPECT_EQ(all[std::size_t(r)], text_of(r));
}

TEST(Comm, GathersMoreThanOneSlice) {
  const Comm& comm = world();
  const std::size_t slice = (std::size_t{64} << 20) / std::size_t(comm.size());
  std::string mine(slice + 10 + std::size_t(comm.rank()), '.');
  mine.back() = char('0' + comm.rank());
  const std::vector<std::string> all = comm.gather(mine);

  for (std::size_t r = 0; r < all.size(); ++r) {
    EXPECT_EQ(all[r].size(), slice + 10 + r);
    EXPECT_EQ(all[r].back(), char('0' + r));
  }
}

TEST(Comm, MinimumIsElementWise) {
  const Comm& comm = world();
  const std::vector<std::int64_t> least = comm.minimum({comm.rank(), -comm.rank(), 5});
  EXPECT_EQ(least, (std::vector<std::int64_t>{0, 1 - comm.size(), 5}));
}

TEST(Comm, SumsInPlace) {
  const Comm& comm = world();
  std::vector<float> values{1, float(comm.rank())};
  comm.sum(values);
  EXPECT_EQ(values[0], float(comm.size()));
  EXPECT_EQ(values[1], float(comm.size() * (comm.size() - 1)) / 2);
}

TEST(Comm, NobodyPassesABarrierBeforeTheLastArrives) {
  const Comm& comm = world();
  for (int late = 0; late < comm.size(); ++late) {
    // Marks of the system's clock, which all processes of one machine share.
    timespec now{};
    if (comm.rank() == late) {
      const timespec nap{.tv_sec = 0, .tv_nsec = 50'000'000};
      nanosleep(&nap, nullptr);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    const double arrived = double(now.tv_sec % 100'000) + double(now.tv_nsec) * 1e-9;
    comm.barrier();
    clock_gettime(CLOCK_REALTIME, &now);
    const double left = double(now.tv_sec % 100'000) + double(now.tv_nsec) * 1e-9;
    double last[1] = {arrived};
    comm.agree(last);
    EXPECT_GE(left, last[0]) << "rank " << comm.rank();
  }
}

TEST(Comm, PartnersExchangeAndSend) {
  const Comm& comm = world();
  const int partner = comm.rank() ^ 1;
  if (partner >= comm.size()) return;
  std::vector<std::byte> out(1000, std::byte(comm.rank())), in(1000);
  comm.exchange(partner, out, in);
  EXPECT_EQ(in, std::vector<std::byte>(1000, std::byte(partner)));

  std::vector<std::byte> ball(10, std::byte{9});
  if (comm.rank() < partner) {
    comm.send(partner, ball);
  } else {
    std::vector<std::byte> got(10);
    comm.receive(partner, got);
    EXPECT_EQ(got, ball);
  }
}

TEST(Comm, TheWatchdogHearsBeforeAndAfterEachCollective) {
  Comm& comm = world();
  std::vector<std::string> heard;
  comm.on_wait([&](const char* what) { heard.emplace_back(what); });
  comm.agree({});
  comm.barrier();
  comm.gather("x");
  comm.on_wait({});

  EXPECT_EQ(heard, (std::vector<std::string>{"agree", "", "barrier", "", "gather", ""}));
}

}  // namespace
}  // namespace cardwise::test
