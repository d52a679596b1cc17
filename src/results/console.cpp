// SPDX-License-Identifier: Apache-2.0
// One bar that is redrawn in place, or a line now and then.
#include "results/console.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/text.hpp"
#include "results/case_name.hpp"
#include "results/text_table.hpp"

namespace cardwise {
namespace {

constexpr double redraw_s = 0.1, plain_s = 10;
constexpr int log_width = 120, forced_bar_width = 80;
constexpr const char *green = "\x1b[32m", *yellow = "\x1b[33m", *red = "\x1b[31m",
                     *usual = "\x1b[0m";

std::string bar_text(const ProgressLine& now, std::size_t columns, bool color) {
  const double visits = double(now.rounds) * now.of;
  const double done = visits > 0 ? (double(now.round) * now.of + now.number - 1) / visits : 0;
  const std::size_t cells = std::clamp<std::size_t>((columns + 1) / 8, 6, 30);
  const auto full = std::size_t(std::clamp(done, 0.0, 1.0) * double(cells));
  std::string text = fmt::format("[{}{}{}{}]", color ? green : "", std::string(full, '#'),
                                 color ? usual : "", std::string(cells - full, '.'));
  text += fmt::format("  round {}/{}  case {}/{}", now.round + 1, now.rounds, now.number, now.of);
  if (now.left_s >= 0) text += fmt::format("  {} left", clock_text(now.left_s));
  if (now.median_s > 0) text += "  " + time_text(now.median_s);
  // The name is last: what does not fit is cut from it.
  return truncate(text + "  " + case_name(now.case_key), columns);
}

std::string plain_text(const ProgressLine& now) {
  std::string text = fmt::format("round {} of {}, case {} of {}, {}", now.round + 1, now.rounds,
                                 now.number, now.of, case_name(now.case_key));
  if (now.median_s > 0) text += ", median " + time_text(now.median_s);
  text += fmt::format(", {} gone", clock_text(now.elapsed_s));
  if (now.left_s >= 0) text += fmt::format(", {} left", clock_text(now.left_s));
  return text;
}

/// "warning:" and "error:" at the start of lines in their colours.
std::string painted(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    std::string_view line = text.substr(0, end);
    const char* const color =
        line.starts_with("error:") ? red : line.starts_with("warning:") ? yellow : nullptr;
    if (color) {
      const std::size_t colon = line.find(':') + 1;
      result += fmt::format("{}{}{}", color, line.substr(0, colon), usual);
      line.remove_prefix(colon);
    }
    result += line;
    text.remove_prefix(end);
  }
  return result;
}

bool is_dumb(const char* term) { return term && std::string_view(term) == "dumb"; }

}  // namespace

std::string clock_text(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  const long long s = std::llround(std::max(0.0, seconds));
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

bool color_allowed(bool terminal, const char* no_color, const char* term) {
  const bool refused = no_color && *no_color != '\0';
  return terminal && !refused && !is_dumb(term);
}

Console::Console(Progress mode, std::FILE* out, bool terminal, bool color, int width)
    : mode_(mode), out_(out), terminal_(terminal), color_(color && terminal), width_(width) {
  if (mode_ == Progress::automatic) mode_ = terminal ? Progress::bar : Progress::plain;
}

Console::~Console() { finish(); }

void Console::progress(const ProgressLine& now) {
  if (mode_ == Progress::none) return;
  const double pause = mode_ == Progress::bar ? redraw_s : plain_s;
  const bool due = now.round != last_round_ || now.elapsed_s - last_s_ >= pause;
  if (!due) return;
  last_round_ = now.round;
  last_s_ = now.elapsed_s;
  if (mode_ == Progress::plain) {
    write_line(plain_text(now));
    std::fflush(out_);
    return;
  }
  bar_ = bar_text(now, bar_columns(), color_);
  draw();
  std::fflush(out_);
}

void Console::line(std::string_view text) {
  clear();
  write_line(color_ ? painted(text) : std::string(text));
  if (!bar_.empty()) draw();
  std::fflush(out_);
}

void Console::checkpoint(int round, int rounds, std::int64_t visits) {
  if (mode_ == Progress::none) return;
  line(fmt::format("checkpoint: round {} of {}, {} visits saved", round + 1, rounds, visits));
}

void Console::pause() {
  clear();
  std::fflush(out_);
}

void Console::finish() {
  clear();
  bar_.clear();
  last_round_ = -1;
  std::fflush(out_);
}

int Console::width() const {
  if (width_ > 0) return width_;
  winsize size{};
  if (terminal_ && ioctl(fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return terminal_ ? 80 : log_width;
}

/// The last column stays free: a full line would make some terminals go on to the next.
std::size_t Console::bar_columns() const {
  const int columns = terminal_ || width_ > 0 ? width() : forced_bar_width;
  return std::size_t(std::max(columns - 1, 1));
}

void Console::draw() {
  const std::size_t columns = bar_columns();
  bar_ = truncate(bar_, columns);  // the window may have become narrower
  const std::string text = "\r" + pad_right(bar_, std::min(drawn_, columns));
  std::fwrite(text.data(), 1, text.size(), out_);
  drawn_ = display_width(bar_);
}

void Console::clear() {
  if (drawn_ == 0) return;
  const std::string text =
      "\r" + std::string(std::min(drawn_, bar_columns()), ' ') + "\r";
  std::fwrite(text.data(), 1, text.size(), out_);
  drawn_ = 0;
}

void Console::write_line(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), out_);
  if (text.empty() || text.back() != '\n') std::fputc('\n', out_);
}

namespace {

/// Open MPI's mpirun gives its ranks a terminal of their own whatever its own output is: what
/// counts then is where mpirun, our parent, writes.
bool launcher_writes_to_terminal() {
  if (std::getenv("OMPI_COMM_WORLD_RANK") == nullptr) return true;
  const std::string link = "/proc/" + std::to_string(getppid()) + "/fd/1";
  char target[256] = {};
  if (readlink(link.c_str(), target, sizeof target - 1) <= 0) return false;
  const std::string_view file = target;
  return file.starts_with("/dev/pts/") || file.starts_with("/dev/tty");
}

}  // namespace

Console console_on(std::FILE* out, Progress mode) {
  const char* const term = std::getenv("TERM");
  const bool terminal =
      isatty(fileno(out)) == 1 && !is_dumb(term) && launcher_writes_to_terminal();
  return Console(mode, out, terminal, color_allowed(terminal, std::getenv("NO_COLOR"), term));
}

}  // namespace cardwise
