// SPDX-License-Identifier: Apache-2.0
// Rank 0's screen or log while a run goes on: whole lines, and progress between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "core/options.hpp"

namespace cardwise {

/// Where the run stands.
struct ProgressLine {
  int round = 0, rounds = 0;   ///< the first round is 0
  int number = 0, of = 0;      ///< case `number` (the first is 1) of `of` in this round
  std::string case_key;
  double median_s = 0;         ///< a launch, so far; 0: none yet
  double elapsed_s = 0;        ///< since the first visit; the only clock of the console
  double left_s = -1;          ///< -1: unknown
};

/// Time gone or left as on a stop watch: "0:07", "1:23", "1:02:03"; "-" where it is not a number.
std::string clock_text(double seconds);

/// Whether colours may be used: on a terminal, unless NO_COLOR holds something or TERM is "dumb".
/// The two are values of the environment, null where unset.
bool color_allowed(bool terminal, const char* no_color, const char* term);

/// Rank 0 only. Without `color` not a single escape code is written, also on a terminal: the bar is
/// redrawn with carriage returns and spaces.
class Console {
 public:
  /// `terminal`: whether `out` is one (automatic: a bar there, else plain lines). `width`: columns,
  /// 0 asks the terminal before each line (120 where there is none). Does not own `out`.
  Console(Progress mode, std::FILE* out, bool terminal, bool color, int width = 0);
  /// Takes the bar away.
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// As a bar: redrawn at most ten times a second. As plain lines: at each round's start and at most
  /// every ten seconds in it.
  void progress(const ProgressLine& now);
  /// A whole line (or several), above the bar. Written in every mode: results are no progress.
  /// With colours, "error:" and "warning:" at the start of a line stand out.
  void line(std::string_view text);
  /// "checkpoint: round k of R, v visits saved", `round` being k - 1 as in ProgressLine; nothing
  /// with Progress::none.
  void checkpoint(int round, int rounds, std::int64_t visits);
  /// Takes the bar away until the next line or progress: somebody else writes to the terminal.
  void pause();
  /// Takes the bar away; a later progress() draws it anew.
  void finish();

  /// Columns that a table may take.
  int width() const;

 private:
  void draw();
  void clear();
  void write_line(std::string_view text);
  std::size_t bar_columns() const;

  Progress mode_;
  std::FILE* out_;
  bool terminal_, color_;
  int width_;
  std::string bar_;          ///< what is to be seen; "" none
  std::size_t drawn_ = 0;    ///< columns on the screen now
  double last_s_ = 0;
  int last_round_ = -1;
};

/// The console of `out` as the environment has it: terminal by isatty, NO_COLOR, TERM (a dumb one
/// gets lines).
Console console_on(std::FILE* out, Progress mode);

}  // namespace cardwise
