// SPDX-License-Identifier: Apache-2.0
// `cardwise image`: build and check.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "app/commands.hpp"
#include "app/images.hpp"
#include "core/board.hpp"
#include "core/parallel.hpp"
#include "core/sha256.hpp"
#include "core/text.hpp"
#include "device/backends.hpp"
#include "device/fpga_program.hpp"

extern char** environ;

namespace cardwise {
namespace {

namespace fs = std::filesystem;

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

/// A new file; throws UsageError where there is one already, or it cannot be written.
void write_new(const fs::path& path, std::string_view bytes) {
  std::error_code none;
  if (fs::exists(path, none))
    throw UsageError(fmt::format("{} is there already: move it away, or choose another --output",
                                 path.string()));
  const fs::path part = path.string() + ".part";
  std::ofstream file(part, std::ios::binary);
  file.write(bytes.data(), std::streamsize(bytes.size()));
  file.close();
  if (!file) {
    fs::remove(part, none);
    throw UsageError(fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)));
  }
  fs::rename(part, path);
}

/// Cores that this process may use, for compilers that take a number of jobs.
std::string jobs() { return std::to_string(std::max(1, usable_cpus())); }

std::vector<std::string> with_values(std::vector<std::string> words, const fs::path& stem,
                                     const fs::path& image) {
  const std::pair<const char*, std::string> values[] = {{"{text}", stem.string() + ".cl"},
                                                        {"{object}", stem.string() + ".xo"},
                                                        {"{image}", image.string()},
                                                        {"{connectivity}", stem.string() + ".cfg"},
                                                        {"{jobs}", jobs()}};
  for (std::string& word : words)
    for (const auto& [name, value] : values)
      if (const std::size_t at = word.find(name); at != std::string::npos)
        word.replace(at, std::strlen(name), value);
  return words;
}

/// Runs the board's compiler without a shell; it takes hours. Throws UsageError.
void compile(const Board& board, const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::printf("%s\n", join(words, " ").c_str());
  std::fflush(stdout);
  pid_t child = 0;
  if (const int code =
          posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ);
      code != 0)
    throw UsageError(fmt::format("{} cannot be started ({}): load the module that has it; the "
                                 "program text is written, so that it can be built elsewhere",
                                 board.compiler, std::strerror(code)));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw UsageError(fmt::format("{} failed (exit status {}); its own messages are above",
                                 board.compiler, WIFEXITED(status) ? WEXITSTATUS(status) : -1));
}

int build(const Options& options) {
  const FpgaProgram& program = fpga_program(options.board, options.program);
  const Board board = parse_board(program.description);
  const std::string extension = board.image_format == "opencl-binary" ? "aocx" : board.image_format;
  const std::string stem =
      options.program == "all" ? board.name : board.name + "-" + options.program;
  const fs::path folder = options.output;
  const fs::path image = folder / (stem + "." + extension);
  std::error_code none;
  fs::create_directories(folder, none);
  if (none)
    throw UsageError(fmt::format("--output {}: {}", options.output, none.message()));
  for (const fs::path& there : {image, fs::path(image.string() + ".json")})
    if (fs::exists(there, none))
      throw UsageError(fmt::format("{} is there already: move it away, or choose another --output",
                                   there.string()));
  FinishedImage finished;
  finished.file = image.filename().string();
  finished.created = today();
  if (board.command.empty()) {
    const RuntimeBinary made = compile_opencl_binary(board.platform, program.text);
    write_new(image, {reinterpret_cast<const char*>(made.code.bytes.data()), made.code.bytes.size()});
    finished.bytes = made.code.bytes.size();
    finished.sha256 = made.code.sha256;
    finished.compiler_version = made.version;
  } else {
    const fs::path beside = folder / stem;
    write_new(beside.string() + ".cl", program.text);
    if (board.needs_connectivity) write_new(beside.string() + ".cfg", program.connectivity);
    for (const auto& step : {board.command, board.link})
      if (!step.empty()) compile(board, with_values(step, beside, image));
    std::ifstream file(image, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    if (bytes.empty())
      throw UsageError(fmt::format("{} ended well, and {} is not there", board.compiler,
                                   image.string()));
    finished.bytes = bytes.size();
    finished.sha256 = sha256_hex(bytes);
  }
  const std::string manifest = finish_manifest(program.manifest, finished);
  write_new(image.string() + ".json", manifest);
  const std::size_t kernels = read_image(image.string()).about.kernels.size();
  std::printf("%s: %zu kernels for board %s (%s)\nmanifest: %s.json\n", image.c_str(), kernels,
              board.name.c_str(), board.title.c_str(), image.c_str());
  return int(ExitCode::ok);
}

std::string argument_words(const ImageKernel& kernel) {
  std::vector<std::string> words;
  for (const ImageArgument& a : kernel.arguments) {
    std::string word = a.type + " " + a.name;
    if (!a.access.empty()) word += " (" + a.access + (a.bank.empty() ? "" : ", " + a.bank) + ")";
    words.push_back(word);
  }
  return join(words, ", ");
}

void describe(const Image& image) {
  const Manifest& about = image.about;
  std::string text = fmt::format("{}: whole; {} bytes, SHA-256 {}\n", image.path, about.bytes,
                                 about.sha256);
  text += fmt::format("  {} for {}, {} by {} {}, {}\n", about.format,
                      about.board.empty() ? about.architecture : "board " + about.board,
                      about.language, about.compiler, about.compiler_version, about.created);
  if (about.clock_hz > 0) text += fmt::format("  clock {:.1f} MHz\n", about.clock_hz / 1e6);
  text += fmt::format("  flags {}\n  cases of variant '{}'\n", join(about.flags, " "),
                      image.variant());
  for (const ImageKernel& kernel : about.kernels) {
    text += fmt::format("  {:<24} {}, width {}{}{}: {}\n", kernel.entry, kernel.name, kernel.width,
                        kernel.replications > 1
                            ? fmt::format(", one of {} replications", kernel.replications)
                            : "",
                        kernel.task ? ", single work-item" : "", argument_words(kernel));
  }
  std::fputs(text.c_str(), stdout);
}

}  // namespace

int image_command(const Options& options) {
  if (options.action == "build") return build(options);
  for (const auto& image : read_images(options)) describe(*image);
  return int(ExitCode::ok);
}

}  // namespace cardwise
