// SPDX-License-Identifier: Apache-2.0
// The file on disk is whole: after kill -9, on a full disk, and while the disk hangs.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "h5_reader.hpp"
#include "made_up_run.hpp"

namespace {

/// What this program asked the disk for, in order; only while it points somewhere.
std::vector<std::string>* asked = nullptr;

/// While true, no fsync of this program returns.
std::atomic<bool> disk_hangs{false};

std::string path_of(int id) {
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(id)).filename().string();
}

}  // namespace

// The program's own calls come here first: a power cut cannot be tested, but the order can.
extern "C" int fsync(int id) {
  if (asked != nullptr) asked->push_back("fsync " + path_of(id));
  disk_hangs.wait(true);
  return static_cast<int>(::syscall(SYS_fsync, id));
}

extern "C" int rename(const char* from, const char* to) noexcept {
  if (asked != nullptr)
    asked->push_back("rename to " + std::filesystem::path(to).filename().string());
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

extern "C" int renameat2(int a, const char* from, int b, const char* to, unsigned flags) noexcept {
  if (asked != nullptr)
    asked->push_back("rename to " + std::filesystem::path(to).filename().string());
  return static_cast<int>(::syscall(SYS_renameat2, a, from, b, to, flags));
}

namespace cardwise {
namespace {

namespace fs = std::filesystem;
using made_up::Reader;
using made_up::TemporaryFolder;

/// checkpoint_loop, running; killed at the latest when the test ends.
class Victim {
 public:
  explicit Victim(const fs::path& file) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw Error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(CARDWISE_CHECKPOINT_LOOP, "checkpoint_loop", file.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  ~Victim() {
    kill();
    ::close(output_);
  }
  /// False where it ended before the file stood.
  bool wait_until_whole() const {
    char first = 0;
    return ::read(output_, &first, 1) == 1;
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

/// Reads all that checkpoint_loop writes; returns the number of visits.
std::size_t expect_whole(const fs::path& path) {
  const Reader file(path);
  std::size_t visits = 0;
  EXPECT_EQ(file.texts("kernels/text")[0].size(), std::size_t{1} << 20);
  for (int c = 0; c < 2; ++c) {
    const std::string group = fmt::format("cases/{:05}/", c);
    const auto rounds = file.numbers<std::int32_t>(group + "round");
    const auto times = file.numbers<std::int64_t>(group + "time_ns");
    const std::size_t samples = rounds.size() * 4;
    EXPECT_EQ(times.size(), 4 * samples);
    for (std::size_t i = 0; i < times.size(); ++i) {
      const int rank = static_cast<int>(i / samples), sample = static_cast<int>(i % samples);
      EXPECT_EQ(times[i], made_up::window(c, sample / 4, rank, sample % 4));
    }
    EXPECT_EQ(file.numbers<std::int32_t>("index/rounds")[static_cast<std::size_t>(c)],
              static_cast<std::int32_t>(rounds.size()));
    visits += rounds.size();
  }
  EXPECT_EQ(file.texts("events/text").size(), visits);
  EXPECT_EQ(file.attribute<std::int64_t>("/", "checkpoint_no"),
            static_cast<std::int64_t>(visits) + 1);
  EXPECT_EQ(file.text_attribute("/", "exit_reason"), "killed");
  EXPECT_EQ(file.attribute<std::uint8_t>("/", "complete"), 0);
  return visits;
}

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A file of two ranks and one case that has been written once.
struct SmallRun {
  explicit SmallRun(const fs::path& path) : file(path, made_up::run(2)) {
    file.set_cases({made_up::case_row("triad", 2)}, {made_up::case_facts()});
    file.checkpoint();
  }
  /// Makes the next image larger than `bytes`.
  void grow(std::size_t bytes) {
    file.set_kernels({KernelRow{
        .name = "big", .variant = "", .file = "", .sha256 = "", .text = std::string(bytes, 'x')}});
  }
  ResultFile file;
};

/// While it lives, no file of this process can become larger than `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int) = SIG_DFL;
};

TEST(CrashSafety, AFileKilledAtAnyMomentIsWhole) {
  const TemporaryFolder folder;
  std::mt19937 random(20260521);
  std::size_t most = 0;
  std::chrono::microseconds latest = std::chrono::milliseconds(100);
  for (int kill = 0; kill < 20; ++kill) {
    const fs::path path = folder / fmt::format("killed{}.h5", kill);
    Victim victim(path);
    ASSERT_TRUE(victim.wait_until_whole());
    std::this_thread::sleep_for(latest * (random() % 1000) / 1000);
    victim.kill();

    SCOPED_TRACE(path);
    most = std::max(most, expect_whole(path));
    if (most == 0 && latest < std::chrono::seconds(3))
      latest *= 2;  // a slow machine, or a sanitizer
  }
  EXPECT_GT(most, 0u) << "no kill came late enough to prove anything";
}

TEST(CrashSafety, AFailedCheckpointLeavesTheOldFileAndTheNextOneSucceeds) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run.h5";
  SmallRun run(path);
  const std::string before = content(path);
  run.grow(4 << 20);

  {
    const FileSizeLimit limit(1 << 20);
    EXPECT_THROW(run.file.checkpoint(), Error);
    EXPECT_FALSE(run.file.write_last_image());
  }

  EXPECT_EQ(content(path), before);
  EXPECT_FALSE(fs::exists(path.string() + ".tmp"));
  run.file.checkpoint();
  EXPECT_EQ(Reader(path).texts("kernels/text")[0].size(), std::size_t{4} << 20);
  EXPECT_EQ(Reader(path).attribute<std::int64_t>("/", "checkpoint_no"), 3);
}

TEST(CrashSafety, AFullDiskIsNamedAndWaitedFor) {
  const TemporaryFolder folder;
  const fs::path disk = folder / "disk";
  fs::create_directory(disk);
  if (::mount("cardwise-test", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "SKIPPED LOUDLY: only root can mount the small disk that this test fills";
  try {
    SmallRun run(disk / "run.h5");
    run.grow(2 << 20);
    std::string problem;
    try {
      run.file.checkpoint();
    } catch (const Error& error) {
      problem = error.what();
    }
    EXPECT_NE(problem.find("No space left on device"), std::string::npos) << problem;
    EXPECT_NE(problem.find("run.h5.tmp"), std::string::npos) << problem;
    EXPECT_EQ(Reader(disk / "run.h5").attribute<std::int64_t>("/", "checkpoint_no"), 1);

    EXPECT_EQ(::mount("cardwise-test", disk.c_str(), "tmpfs", MS_REMOUNT, "size=16m"), 0);
    run.file.checkpoint();
    EXPECT_EQ(Reader(disk / "run.h5").attribute<std::int64_t>("/", "checkpoint_no"), 3);
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

TEST(CrashSafety, AnImageIsSyncedBeforeItsNameAndTheFolderAfter) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run.h5";
  const std::string name = path.parent_path().filename();
  std::vector<std::string> calls;
  asked = &calls;
  {
    SmallRun run(path);
    run.file.checkpoint();
  }
  asked = nullptr;

  const std::vector<std::string> once = {"fsync run.h5.tmp", "rename to run.h5", "fsync " + name};
  std::vector<std::string> twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  EXPECT_EQ(calls, twice);
}

TEST(CrashSafety, TheLastImageIsWrittenWhenCheckpointCouldNot) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run.h5";
  SmallRun run(path);
  run.file.append(made_up::visits(0, 0, 2, 4));
  {
    const FileSizeLimit limit(1000);
    EXPECT_THROW(run.file.checkpoint(), Error);
  }
  run.file.append(made_up::visits(0, 1, 2, 4));  // in no image yet

  EXPECT_TRUE(run.file.write_last_image());

  EXPECT_EQ(Reader(path).shape("cases/00000/time_ns"), (std::vector<hsize_t>{2, 4}));
}

TEST(CrashSafety, AnImageThatIsOnDiskIsNotWrittenAgain) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run.h5";
  SmallRun run(path);
  fs::remove(path);

  EXPECT_TRUE(run.file.write_last_image());

  EXPECT_FALSE(fs::exists(path));
}

TEST(CrashSafety, ALinkThatSomebodyPlantsIsNotFollowed) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run.h5", victim = folder / "precious";
  std::ofstream(victim) << "precious";
  SmallRun run(path);
  fs::create_symlink(victim, folder / "run.h5.tmp");
  run.file.append(made_up::visits(0, 0, 2, 4));

  run.file.checkpoint();

  EXPECT_EQ(fs::file_size(victim), 8U);
  EXPECT_EQ(Reader(path).shape("cases/00000/time_ns"), (std::vector<hsize_t>{2, 4}));
}

/// A disk that answers no more, as that of a dead server, until end() is called.
class HangingDisk {
 public:
  HangingDisk() { begin(); }
  HangingDisk(const HangingDisk&) = delete;
  HangingDisk& operator=(const HangingDisk&) = delete;
  ~HangingDisk() { end(); }
  void begin() { disk_hangs = true; }
  void end() {
    disk_hangs = false;
    disk_hangs.notify_all();
  }
};

TEST(CrashSafety, ADiskThatHangsKeepsNobodyAndThereIsOneImageAtATime) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run.h5";
  SmallRun run(path);
  run.file.append(made_up::visits(0, 0, 2, 4));
  HangingDisk disk;

  run.file.begin_checkpoint();
  EXPECT_FALSE(run.file.end_checkpoint(0.05));
  EXPECT_TRUE(run.file.writing());
  run.file.append(made_up::visits(0, 1, 2, 4));  // in no image yet
  EXPECT_THROW(run.file.begin_checkpoint(), Error);

  disk.end();
  EXPECT_TRUE(run.file.end_checkpoint(60));
  EXPECT_FALSE(run.file.writing());
  EXPECT_EQ(Reader(path).shape("cases/00000/time_ns"), (std::vector<hsize_t>{2, 4}));
  run.file.checkpoint();
  EXPECT_EQ(Reader(path).shape("cases/00000/time_ns"), (std::vector<hsize_t>{2, 8}));
}

TEST(CrashSafety, AFileWhoseDiskHangsCanBeLeftBehind) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run.h5";
  HangingDisk disk;
  disk.end();
  {
    SmallRun run(path);
    run.file.append(made_up::visits(0, 0, 2, 4));
    disk.begin();
    run.file.begin_checkpoint();
    EXPECT_FALSE(run.file.end_checkpoint(0.05));
  }

  disk.end();  // the thread still has all that it needs
  while (fs::exists(path.string() + ".tmp"))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(Reader(path).shape("cases/00000/time_ns"), (std::vector<hsize_t>{2, 4}));
}

TEST(CrashSafety, WriteLastImageGivesUpWhileTheDiskHangs) {
  const TemporaryFolder folder;
  SmallRun run(folder / "run.h5");
  HangingDisk disk;
  std::thread stuck([&] { run.file.checkpoint(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));

  EXPECT_FALSE(run.file.write_last_image());

  disk.end();
  stuck.join();
}

}  // namespace
}  // namespace cardwise
