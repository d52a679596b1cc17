// SPDX-License-Identifier: Apache-2.0
// The group of a case: growing by visits, lost ranks, wrong results, attributes.
#include <gtest/gtest.h>

#include <cmath>

#include "h5_reader.hpp"
#include "made_up_run.hpp"

namespace cardwise {
namespace {

using made_up::Reader;
using made_up::TemporaryFolder;
using Shape = std::vector<hsize_t>;

class CaseGroup : public ::testing::Test {
 protected:
  CaseGroup() : file(folder / "run.h5", made_up::run(3)) {
    file.set_cases({row, made_up::case_row("ping", 3, "host")},
                   {made_up::case_facts(), made_up::case_facts()});
  }
  Reader read() {
    file.checkpoint();
    return Reader(folder / "run.h5");
  }

  TemporaryFolder folder;
  CaseRow row = made_up::case_row("triad", 3);
  ResultFile file;
  const std::string group = "cases/00000/";
};

TEST_F(CaseGroup, IsEmptyBeforeTheFirstVisit) {
  const Reader reader = read();

  EXPECT_EQ(reader.numbers<std::int32_t>(group + "rank"), (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(reader.shape(group + "time_ns"), (Shape{3, 0}));
  EXPECT_EQ(reader.shape(group + "median_ns"), (Shape{3, 0}));
  EXPECT_EQ(reader.shape(group + "round"), Shape{0});
  EXPECT_EQ(reader.shape(group + "sample"), Shape{0});
  EXPECT_EQ(reader.text_attribute("cases/00000", "status"), "planned");
  EXPECT_EQ(reader.texts("index/group_path"),
            (std::vector<std::string>{"/cases/00000", "/cases/00001"}));
}

TEST_F(CaseGroup, HoldsTheCardsThatWereMeasuredAgain) {
  file.append(made_up::visits(0, 0, 3, 4));
  file.set_recheck(0, {{.rank = 2, .mode = "alone", .window_ns = 5},
                       {.rank = 2, .mode = "pair", .window_ns = 7}});
  file.set_recheck(1, {});

  const Reader reader = read();
  EXPECT_EQ(reader.numbers<std::int64_t>(group + "recheck_ns"), (std::vector<std::int64_t>{5, 7}));
  EXPECT_EQ(reader.numbers<std::int32_t>(group + "recheck_rank"),
            (std::vector<std::int32_t>{2, 2}));
  EXPECT_EQ(reader.texts(group + "recheck_mode"), (std::vector<std::string>{"alone", "pair"}));
  EXPECT_FALSE(reader.has("cases/00001/recheck_ns"));
}

TEST_F(CaseGroup, GrowsByWholeVisits) {
  file.append(made_up::visits(0, 0, 3, 4));
  file.checkpoint();
  file.append(made_up::visits(0, 2, 3, 4));

  const Reader reader = read();
  EXPECT_EQ(reader.numbers<std::int64_t>(group + "time_ns"),
            (std::vector<std::int64_t>{0, 1, 2, 3, 20000, 20001, 20002, 20003,          //
                                       100, 101, 102, 103, 20100, 20101, 20102, 20103,  //
                                       200, 201, 202, 203, 20200, 20201, 20202, 20203}));
  EXPECT_EQ(reader.numbers<std::uint8_t>(group + "sample_round"),
            (std::vector<std::uint8_t>{0, 0, 0, 0, 2, 2, 2, 2}));
  EXPECT_EQ(reader.numbers<std::int32_t>(group + "round"), (std::vector<std::int32_t>{0, 2}));
  EXPECT_EQ(reader.numbers<double>(group + "median_ns"),
            (std::vector<double>{1.5, 20001.5, 101.5, 20101.5, 201.5, 20201.5}));
  EXPECT_EQ(reader.numbers<float>(group + "sm_mhz"),
            (std::vector<float>{1980, 1980, 1979, 1979, 1978, 1978}));
  EXPECT_EQ(reader.numbers<std::int32_t>("index/rounds"), (std::vector<std::int32_t>{2, 0}));
  EXPECT_EQ(reader.numbers<std::int32_t>("index/samples"), (std::vector<std::int32_t>{8, 0}));
}

TEST_F(CaseGroup, KeepsUnsignedBitsAndUnknowns) {
  file.append(made_up::visits(0, 0, 3, 4));

  const Reader reader = read();
  EXPECT_EQ(reader.numbers<std::uint64_t>(group + "reasons")[0], std::uint64_t{1} << 63);
  EXPECT_EQ(reader.numbers<std::uint64_t>(group + "result_checksum")[2], 0xFEDCBA9876543212u);
  EXPECT_TRUE(std::isnan(reader.numbers<float>(group + "mem_mhz")[0]));
}

TEST_F(CaseGroup, MedianLeavesOutInvalidSamplesOnly) {
  VisitRows visit = made_up::visits(0, 0, 3, 4);
  visit.by_rank[0].flags = {flag_invalid, 0, flag_hw_throttle, 0};
  visit.by_rank[1].flags = {flag_invalid, flag_invalid, flag_invalid, flag_invalid};
  file.append(visit);

  const auto medians = read().numbers<double>(group + "median_ns");

  EXPECT_EQ(medians[0], 2);
  EXPECT_TRUE(std::isnan(medians[1]));
  EXPECT_EQ(medians[2], 201.5);
}

TEST_F(CaseGroup, HostTimesAreThereForDeviceClocksOnly) {
  file.append(made_up::visits(0, 0, 3, 4));
  file.append(made_up::visits(1, 0, 3, 4));

  const Reader reader = read();
  EXPECT_EQ(reader.numbers<std::int64_t>(group + "host_ns"),
            (std::vector<std::int64_t>{1000, 2000, 3000}));
  EXPECT_FALSE(reader.has("cases/00001/host_ns"));
}

TEST_F(CaseGroup, ALostRankHasInvalidSamples) {
  file.append(made_up::visits(0, 0, 3, 4));
  VisitRows visit = made_up::visits(0, 1, 3, 4);
  visit.ranks = {0, 2};
  visit.by_rank.erase(visit.by_rank.begin() + 1);
  file.append(visit);

  const Reader reader = read();
  const auto times = reader.numbers<std::int64_t>(group + "time_ns");
  EXPECT_EQ(std::vector(times.begin() + 8, times.begin() + 16),
            (std::vector<std::int64_t>{100, 101, 102, 103, -1, -1, -1, -1}));
  EXPECT_EQ(times[20], 10200);
  const auto flags = reader.numbers<std::uint16_t>(group + "flags");
  EXPECT_EQ(std::vector(flags.begin() + 8, flags.begin() + 16),
            (std::vector<std::uint16_t>{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_TRUE(std::isnan(reader.numbers<double>(group + "median_ns")[3]));
}

TEST_F(CaseGroup, TheFirstVisitSaysWhichRanksTakePart) {
  VisitRows visit = made_up::visits(0, 0, 3, 4);
  visit.ranks = {1, 5};
  visit.by_rank.pop_back();
  file.append(visit);

  const Reader reader = read();
  EXPECT_EQ(reader.numbers<std::int32_t>(group + "rank"), (std::vector<std::int32_t>{1, 5}));
  EXPECT_EQ(reader.shape(group + "time_ns"), (Shape{2, 4}));
  EXPECT_EQ(reader.text_attribute("cases/00000", "gate"), "event");
}

TEST_F(CaseGroup, RefusesWhatCannotBeStored) {
  file.append(made_up::visits(0, 0, 3, 4));
  VisitRows stranger = made_up::visits(0, 1, 3, 4);
  stranger.ranks[2] = 7;
  VisitRows unflagged = made_up::visits(0, 1, 3, 4);
  unflagged.by_rank[1].flags.pop_back();
  VisitRows nobody{.case_index = 0, .round = 1, .ranks = {}, .by_rank = {}};

  EXPECT_THROW(file.append(stranger), Error);
  EXPECT_THROW(file.append(unflagged), Error);
  EXPECT_THROW(file.append(nobody), Error);
  EXPECT_THROW(file.append(made_up::visits(2, 0, 3, 4)), Error);
  EXPECT_THROW(file.append(made_up::visits(-1, 0, 3, 4)), Error);
  EXPECT_EQ(read().shape(group + "time_ns"), (Shape{3, 4}));
}

TEST_F(CaseGroup, WrongWithholdsTheFiguresForGood) {
  file.append(made_up::visits(0, 0, 3, 4));
  row.status = "wrong";
  file.set_case(0, row, made_up::case_facts(),
                Wrong{.rank = 2, .host = "node0", .index = 9, .count = 2, .expected = 1.5,
                      .found = unknown});
  file.append(made_up::visits(0, 1, 3, 4));  // gathered later
  file.set_case(0, row, made_up::case_facts());

  const Reader reader = read();
  EXPECT_EQ(reader.shape(group + "time_ns"), (Shape{3, 0}));
  EXPECT_EQ(reader.shape(group + "flags"), (Shape{3, 0}));
  EXPECT_EQ(reader.shape(group + "sample"), Shape{0});
  EXPECT_EQ(reader.shape(group + "sample_round"), Shape{0});
  EXPECT_EQ(reader.shape(group + "round"), Shape{2});
  for (const double median : reader.numbers<double>(group + "median_ns"))
    EXPECT_TRUE(std::isnan(median));
  for (const auto host : reader.numbers<std::int64_t>(group + "host_ns")) EXPECT_EQ(host, -1);
  EXPECT_EQ(reader.numbers<float>(group + "sm_mhz").size(), 6u);
  EXPECT_EQ(reader.numbers<std::int32_t>("index/samples")[0], 0);
  EXPECT_EQ(reader.attribute<std::int32_t>("cases/00000", "wrong_rank"), 2);
  EXPECT_EQ(reader.attribute<std::int64_t>("cases/00000", "wrong_index"), 9);
  EXPECT_EQ(reader.attribute<std::int64_t>("cases/00000", "wrong_count"), 2);
  EXPECT_EQ(reader.attribute<double>("cases/00000", "wrong_expected"), 1.5);
  EXPECT_TRUE(std::isnan(reader.attribute<double>("cases/00000", "wrong_found")));
  EXPECT_EQ(reader.text_attribute("cases/00000", "wrong_host"), "node0");
}

TEST_F(CaseGroup, TheStatusWrongAloneWithholdsToo) {
  file.append(made_up::visits(0, 0, 3, 4));
  row.status = "wrong";
  file.set_case(0, row, made_up::case_facts());

  const Reader reader = read();
  EXPECT_EQ(reader.shape(group + "time_ns"), (Shape{3, 0}));
  EXPECT_EQ(reader.attribute<std::int64_t>("cases/00000", "wrong_index"), -1);
}

TEST_F(CaseGroup, SetCaseUpdatesIndexAndAttributes) {
  file.append(made_up::visits(0, 0, 3, 4));
  file.checkpoint();
  row.status = "failed";
  row.status_text = "rank 1 (node0): launch triad: CUDA_ERROR_ILLEGAL_ADDRESS";
  row.launches_per_sample = 77;
  row.rate_sync = 1e12;
  file.set_case(0, row, made_up::case_facts());

  const Reader reader = read();
  EXPECT_EQ(reader.text_attribute("cases/00000", "status"), "failed");
  EXPECT_EQ(reader.text_attribute("cases/00000", "status_text"), row.status_text);
  EXPECT_EQ(reader.attribute<std::int32_t>(group + "time_ns", "launches_per_sample"), 77);
  EXPECT_EQ(reader.texts("index/status"), (std::vector<std::string>{"failed", "planned"}));
  EXPECT_EQ(reader.numbers<double>("index/rate_sync")[0], 1e12);
  EXPECT_EQ(reader.numbers<std::int32_t>("index/samples")[0], 4);
  EXPECT_EQ(reader.texts("index/group_path")[0], "/cases/00000");
}

TEST_F(CaseGroup, ParametersOfTheKeyAreAttributes) {
  const Reader reader = read();

  EXPECT_EQ(reader.attribute<std::int64_t>("cases/00000", "n"), 1024);
  EXPECT_EQ(reader.text_attribute("cases/00000", "dtype"), "f32");
  EXPECT_EQ(reader.text_attribute("cases/00000", "case_key"), row.case_key);
}

TEST_F(CaseGroup, CasesAreSetOnce) {
  EXPECT_THROW(file.set_cases({row}, {made_up::case_facts()}), Error);
}

}  // namespace
}  // namespace cardwise
