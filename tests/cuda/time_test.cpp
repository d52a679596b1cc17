// SPDX-License-Identifier: Apache-2.0
// Marks, queues and ways of waiting through CUDA.
#include <chrono>

#include "cuda_test.hpp"

namespace cardwise::cuda_tests {
namespace {

class CudaTime : public CudaTest {
 protected:
  // Counts to n in one work-item; the data depend on each other, so no compiler skips them.
  std::unique_ptr<Kernel> slow_kernel() {
    return device->load(
        source_of("KERNEL BLOCK(1, 1, 1) void cw_slow(const index_t n, GLOBAL u64* out) {"
                  " u64 x = out[0]; for (index_t i = 0; i < n; ++i) x = cw_mix(x, i);"
                  " out[0] = x; }"),
        "cw_slow", {});
  }
};

TEST_F(CudaTime, DeviceTimeIsPositiveAndFitsIntoTheHostsWindow) {
  const auto slow = slow_kernel();
  const auto out = buffer(std::vector<std::uint64_t>{1});
  const auto host_start = std::chrono::steady_clock::now();

  const auto start = queue->mark();
  queue->launch(*slow, {}, {std::uint64_t{500000}, *out});
  const auto end = queue->mark();
  queue->wait();

  const auto host_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                           std::chrono::steady_clock::now() - host_start)
                           .count();
  const std::int64_t device_ns = device->elapsed_ns(*start, *end);
  EXPECT_GT(device_ns, 100000);
  EXPECT_LE(device_ns, host_ns);
}

TEST_F(CudaTime, TwiceTheLaunchesLieBetweenTheMarksThatEncloseThem) {
  const auto slow = slow_kernel();
  const auto out = buffer(std::vector<std::uint64_t>{1});

  const auto first = queue->mark();
  queue->launch(*slow, {}, {std::uint64_t{200000}, *out});
  const auto second = queue->mark();
  queue->launch(*slow, {}, {std::uint64_t{200000}, *out});
  const auto third = queue->mark();
  queue->wait();

  const std::int64_t parts =
      device->elapsed_ns(*first, *second) + device->elapsed_ns(*second, *third);
  // Both are rounded from a float of milliseconds.
  EXPECT_NEAR(static_cast<double>(device->elapsed_ns(*first, *third)), static_cast<double>(parts),
              2000 + 1e-6 * static_cast<double>(parts));
}

TEST_F(CudaTime, MarksInTheWrongOrderAreABadTimer) {
  const auto slow = slow_kernel();
  const auto out = buffer(std::vector<std::uint64_t>{1});
  const auto start = queue->mark();
  queue->launch(*slow, {}, {std::uint64_t{100000}, *out});
  const auto end = queue->mark();
  queue->wait();

  EXPECT_EQ(device->elapsed_ns(*end, *start), 0);
  EXPECT_EQ(device->elapsed_ns(*end, *end), 0);
}

TEST_F(CudaTime, AMarkThatIsNotReachedHasNoTime) {
  const auto slow = slow_kernel();
  const auto out = buffer(std::vector<std::uint64_t>{1});
  const auto start = queue->mark();
  queue->launch(*slow, {}, {std::uint64_t{50000000}, *out});
  const auto end = queue->mark();

  const Error error = error_of([&] { device->elapsed_ns(*start, *end); });
  queue->wait();

  EXPECT_TRUE(contains(error.what(), "CUDA_ERROR_NOT_READY")) << error.what();
  EXPECT_GT(device->elapsed_ns(*start, *end), 0);
}

TEST_F(CudaTime, ThereIsNoStampForDispatch) {
  const auto start = queue->mark();
  queue->wait();

  EXPECT_EQ(device->dispatch_ns(*start), -1);
}

TEST_F(CudaTime, ManyMarksAtOnceAreDifferentMarks) {
  const auto slow = slow_kernel();
  const auto out = buffer(std::vector<std::uint64_t>{1});
  std::vector<std::unique_ptr<Event>> marks;

  for (int i = 0; i < 20; ++i) {  // more than are kept in reserve
    marks.push_back(queue->mark());
    queue->launch(*slow, {}, {std::uint64_t{20000}, *out});
  }
  marks.push_back(queue->mark());
  queue->wait();

  for (std::size_t i = 1; i < marks.size(); ++i) {
    EXPECT_GT(device->elapsed_ns(*marks[i - 1], *marks[i]), 0) << i;
  }
}

TEST_F(CudaTime, TwoQueuesWorkSideBySide) {
  if (device->info().compute_units < 2) GTEST_SKIP() << "needs two compute units";
  const auto other = device->queue();
  const auto slow = slow_kernel();
  const auto first = buffer(std::vector<std::uint64_t>{1});
  const auto second = buffer(std::vector<std::uint64_t>{1});

  const auto start = queue->mark();
  queue->launch(*slow, {}, {std::uint64_t{50000000}, *first});
  const auto end = queue->mark();
  other->launch(*slow, {}, {std::uint64_t{1000}, *second});
  other->wait();
  // The long kernel of the first queue has not been waited for.
  EXPECT_THROW(device->elapsed_ns(*start, *end), Error);
  queue->wait();

  EXPECT_NE(contents<std::uint64_t>(*first), contents<std::uint64_t>(*second));
}

TEST_F(CudaTime, EveryWayOfWaitingWaits) {
  queue.reset();
  device.reset();
  for (const WaitMode mode : {WaitMode::spin, WaitMode::yield, WaitMode::block}) {
    device = open_cuda(card(), mode);
    queue = device->queue();
    const auto slow = slow_kernel();
    const auto out = buffer(std::vector<std::uint64_t>{1});

    const auto start = queue->mark();
    queue->launch(*slow, {}, {std::uint64_t{200000}, *out});
    const auto end = queue->mark();
    queue->flush();
    queue->wait();

    EXPECT_GT(device->elapsed_ns(*start, *end), 0);
    queue.reset();
    device.reset();
  }
}

}  // namespace
}  // namespace cardwise::cuda_tests
