// SPDX-License-Identifier: Apache-2.0
// Names, refusals, tables, telemetry and root attributes of the result file.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "h5_reader.hpp"
#include "made_up_run.hpp"

namespace cardwise {
namespace {

namespace fs = std::filesystem;
using made_up::Reader;
using made_up::TemporaryFolder;

std::string refusal(const fs::path& path) {
  try {
    const ResultFile file(path, made_up::run(1));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "not refused";
}

TEST(ResultPath, NamesSystemYearTimeAndRun) {
  const fs::path path =
      result_path("results", "jureca", "2026-05-21T14:03:07Z", "0198c0de-1111-7222-83334556a667");

  EXPECT_EQ(path, "results/jureca/2026/20260521T140307Z-4556a667.h5");  // the random end
}

TEST(ResultPath, IsTheOutputItselfWhereThatEndsInH5) {
  EXPECT_EQ(result_path("a/x.h5", "s", "2026-05-21T14:03:07Z", "0198c0de"), "a/x.h5");
}

TEST(ResultPath, KeepsASystemNameInsideItsFolder) {
  const std::string time = "2026-05-21T14:03:07Z", name = "2026/20260521T140307Z-id.h5";

  EXPECT_EQ(result_path("r", "../a b", time, "id"), fs::path("r") / ".._a_b" / name);
  EXPECT_EQ(result_path("r", "..", time, "id"), fs::path("r") / "unknown" / name);
  EXPECT_EQ(result_path("r", "", time, "id"), fs::path("r") / "unknown" / name);
}

TEST(ResultFile, MakesItsFoldersAndTouchesTheDiskAtCheckpointsOnly) {
  const TemporaryFolder folder;
  const fs::path path = folder / "a" / "b" / "run.h5";
  ResultFile file(path, made_up::run(1));

  EXPECT_TRUE(fs::is_directory(path.parent_path()));
  EXPECT_TRUE(fs::is_empty(path.parent_path()));
  EXPECT_GT(file.checkpoint(), 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), {}), 1);
  EXPECT_EQ(file.path(), path);
}

TEST(ResultFile, NeverOverwritesAFile) {
  const TemporaryFolder folder;
  std::ofstream(folder / "run.h5") << "mine";

  const std::string text = refusal(folder / "run.h5");

  EXPECT_NE(text.find("run.h5 exists already"), std::string::npos) << text;
  EXPECT_NE(text.find("--output"), std::string::npos) << text;
}

TEST(ResultFile, NeverOverwritesAFileThatAppearedMeanwhile) {
  const TemporaryFolder folder;
  ResultFile file(folder / "run.h5", made_up::run(1));
  std::ofstream(folder / "run.h5") << "mine";

  EXPECT_THROW(file.checkpoint(), Error);

  std::string text;
  std::ifstream(folder / "run.h5") >> text;
  EXPECT_EQ(text, "mine");
}

TEST(ResultFile, RefusesAFolderThatCannotBeMade) {
  const TemporaryFolder folder;
  std::ofstream(folder / "plain") << "a file";

  const std::string text = refusal(folder / "plain" / "run.h5");

  EXPECT_NE(text.find("plain"), std::string::npos) << text;
  EXPECT_NE(text.find("--output"), std::string::npos) << text;
}

TEST(ResultFile, RefusesAFolderThatCannotBeWritten) {
  const fs::path read_only = "/proc/self/run.h5";  // read-only also for root

  const std::string text = refusal(read_only);

  EXPECT_NE(text.find("cannot write into the output folder /proc/self"), std::string::npos) << text;
}

TEST(ResultFile, RemovesAStaleTemporaryFile) {
  const TemporaryFolder folder;
  std::ofstream(folder / "run.h5.tmp") << "half";

  const ResultFile file(folder / "run.h5", made_up::run(1));

  EXPECT_FALSE(fs::exists(folder / "run.h5.tmp"));
}

TEST(ResultFile, TablesAreThereEvenWhereNobodySetThem) {
  const TemporaryFolder folder;
  ResultFile file(folder / "run.h5", made_up::run(1));
  file.checkpoint();

  const Reader reader(folder / "run.h5");
  for (const char* column : {"nodes/host", "ranks/host", "kernels/text", "index/case_key",
                             "events/text", "index/case"})
    EXPECT_EQ(reader.shape(column), std::vector<hsize_t>{0}) << column;
  EXPECT_FALSE(reader.has("telemetry"));
}

TEST(ResultFile, TablesFollowTheirLastValues) {
  const TemporaryFolder folder;
  ResultFile file(folder / "run.h5", made_up::run(3));
  std::vector<RankRow> ranks = made_up::ranks(3);
  file.set_ranks(ranks);
  file.checkpoint();
  ranks[1].ecc_corrected_end = 5;
  ranks[2].device_name = "Ärger";
  ranks[0].ceiling_mem = 2e12;
  file.set_ranks(ranks);
  file.set_kernels(std::vector<KernelRow>(2));
  file.checkpoint();

  const Reader reader(folder / "run.h5");
  EXPECT_EQ(reader.numbers<std::int64_t>("ranks/ecc_corrected_end"),
            (std::vector<std::int64_t>{-1, 5, -1}));
  EXPECT_EQ(reader.texts("ranks/device_name"),
            (std::vector<std::string>{"Made-Up Card", "Made-Up Card", "Ärger"}));
  EXPECT_EQ(reader.numbers<double>("ranks/ceiling_mem")[0], 2e12);
  EXPECT_TRUE(std::isnan(reader.numbers<double>("ranks/ceiling_mem")[1]));
  EXPECT_EQ(reader.numbers<std::int32_t>("kernels/kernel"), (std::vector<std::int32_t>{0, 1}));
}

TEST(ResultFile, EventsGrow) {
  const TemporaryFolder folder;
  ResultFile file(folder / "run.h5", made_up::run(1));
  const std::string long_text(100'000, 'e');
  file.add_event({.utc_ns = 1, .rank = 0, .severity = "note", .code = "a", .text = "first"});
  file.checkpoint();
  file.add_event({.utc_ns = 2, .rank = -1, .severity = "error", .code = "b", .text = long_text});
  file.checkpoint();

  const Reader reader(folder / "run.h5");
  EXPECT_EQ(reader.texts("events/text"), (std::vector<std::string>{"first", long_text}));
  EXPECT_EQ(reader.numbers<std::int32_t>("events/event"), (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(reader.numbers<std::int32_t>("events/rank"), (std::vector<std::int32_t>{0, -1}));
}

TEST(ResultFile, ACheckpointWithoutNewsDoesNotGrowTheFile) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run.h5";
  ResultFile file(path, made_up::run(4));
  const CaseRow row = made_up::case_row("triad", 4);
  file.set_ranks(made_up::ranks(4));
  file.set_cases({row}, {made_up::case_facts()});
  file.append(made_up::visits(0, 0, 4, 4));
  file.checkpoint();
  const auto size = fs::file_size(path);

  for (int again = 0; again < 50; ++again) {
    file.set_ranks(made_up::ranks(4));
    file.set_case(0, row, made_up::case_facts());
    file.set_run(made_up::run(4));
    file.checkpoint();
  }

  EXPECT_EQ(fs::file_size(path), size);
}

TEST(ResultFile, RunAttributesAndProvenanceFollowTheRun) {
  const TemporaryFolder folder;
  RunRecord run = made_up::run(2);
  ResultFile file(folder / "run.h5", run);
  file.checkpoint();
  run.exit_code = 4;
  run.exit_reason = "signal";
  run.wall_s = 12.5;
  run.provenance.emplace_back("slurm_env", "SLURM_JOB_ID=17");
  file.set_run(run);
  file.checkpoint();

  const Reader reader(folder / "run.h5");
  EXPECT_EQ(reader.text_attribute("/", "schema_name"), "cardwise.run");
  EXPECT_EQ(reader.text_attribute("/", "schema_version"), "1.0.0");
  EXPECT_EQ(reader.text_attribute("/", "exit_reason"), "signal");
  EXPECT_EQ(reader.attribute<std::int32_t>("/", "exit_code"), 4);
  EXPECT_EQ(reader.attribute<double>("/", "wall_s"), 12.5);
  EXPECT_EQ(reader.attribute<std::int64_t>("/", "checkpoint_no"), 2);
  EXPECT_EQ(reader.texts("provenance/slurm_env")[0], "SLURM_JOB_ID=17");
  EXPECT_EQ(reader.texts("provenance/nvml")[0], "");
}

TEST(ResultFile, TelemetryGrowsAndFillsShortRows) {
  const TemporaryFolder folder;
  ResultFile file(folder / "run.h5", made_up::run(2));
  file.set_telemetry({0, 1}, {{10, 11}, {20}}, {{}, {}}, {});
  file.checkpoint();
  file.set_telemetry({0, 1, 2}, {{10, 11, 12}, {20, 21, 22}}, {{}, {}}, {});
  file.checkpoint();

  const Reader reader(folder / "run.h5");
  EXPECT_EQ(reader.numbers<float>("telemetry/sm_mhz"),
            (std::vector<float>{10, 11, 12, 20, 21, 22}));
  EXPECT_EQ(reader.numbers<std::int32_t>("telemetry/tick"), (std::vector<std::int32_t>{0, 1, 2}));
  for (const float watt : reader.numbers<float>("telemetry/power_w")) EXPECT_TRUE(std::isnan(watt));
}

TEST(ResultFile, TelemetryIsLeftOutWhereNothingWasReadOrRanksAreTooMany) {
  const TemporaryFolder folder;
  const float nan = unknown_f;
  ResultFile blind(folder / "blind.h5", made_up::run(1));
  blind.set_telemetry({0}, {{nan}}, {{nan}}, {{nan}});
  blind.checkpoint();
  ResultFile many(folder / "many.h5", made_up::run(1025));
  many.set_telemetry({0}, std::vector<std::vector<float>>(1025, {1}), {}, {});
  many.checkpoint();

  EXPECT_FALSE(Reader(folder / "blind.h5").has("telemetry"));
  EXPECT_FALSE(Reader(folder / "many.h5").has("telemetry"));
}

}  // namespace
}  // namespace cardwise
