// SPDX-License-Identifier: Apache-2.0
// Bar and plain lines, on what is a terminal and what is none.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "results/console.hpp"

namespace cardwise {
namespace {

struct Screen {
  Progress mode = Progress::automatic;
  bool terminal = true, color = false;
  int width = 80;
};

/// Everything that `use` has written, the end of the console included.
std::string written(const Screen& screen, const std::function<void(Console&)>& use) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const memory = open_memstream(&text, &size);
  {
    Console console(screen.mode, memory, screen.terminal, screen.color, screen.width);
    use(console);
  }
  std::fclose(memory);
  std::string result(text, size);
  std::free(text);
  return result;
}

ProgressLine at(int round, int number, double elapsed_s) {
  return {.round = round, .rounds = 6, .number = number, .of = 40,
          .case_key = "mem/saxpy?backend=cuda&cache=dram&dtype=f32&n=268435456&wv=1",
          .median_s = 1.06e-3, .elapsed_s = elapsed_s, .left_s = 83};
}

const std::string bar_80 =
    "[##........]  round 2/6  case 12/40  1:23 left  1.06 ms  mem/saxpy f32 1GiB dr…";

TEST(ConsoleBar, IsDrawnInPlaceAndClearedAtTheEnd) {
  const std::string text = written({}, [](Console& c) { c.progress(at(1, 12, 0)); });

  EXPECT_EQ(text, "\r" + bar_80 + "\r" + std::string(79, ' ') + "\r");
}

TEST(ConsoleBar, ShowsAllOfTheNameWhereThereIsRoom) {
  const std::string text = written({.width = 120}, [](Console& c) { c.progress(at(5, 40, 0)); });

  EXPECT_EQ(text.substr(0, text.find('\r', 1)),
            "\r[##############.]  round 6/6  case 40/40  1:23 left  1.06 ms  "
            "mem/saxpy f32 1GiB dram cuda");
}

TEST(ConsoleBar, LeavesOutWhatIsNotKnownYet) {
  ProgressLine first = at(0, 1, 0);
  first.median_s = 0;
  first.left_s = -1;

  const std::string text = written({}, [&](Console& c) { c.progress(first); });

  EXPECT_EQ(text.substr(0, text.find('\r', 1)),
            "\r[..........]  round 1/6  case 1/40  mem/saxpy f32 1GiB dram cuda");
}

TEST(ConsoleBar, IsNeverWiderThanTheTerminal) {
  for (const int width : {1, 2, 10, 40, 80, 200}) {
    const std::string text =
        written({.color = true, .width = width}, [](Console& c) { c.progress(at(1, 12, 0)); });
    for (const std::string& part : split(text, '\r'))
      EXPECT_LT(display_width(part), std::size_t(width > 1 ? width : 2)) << "width " << width;
  }
}

TEST(ConsoleBar, CoversALongerOneBefore) {
  ProgressLine shorter = at(1, 12, 1);
  shorter.case_key = "mem/a";

  const std::string text = written({}, [&](Console& c) {
    c.progress(at(1, 12, 0));
    c.progress(shorter);
  });

  const std::string drawn = "[##........]  round 2/6  case 12/40  1:23 left  1.06 ms  mem/a";
  EXPECT_EQ(text, "\r" + bar_80 + "\r" + pad_right(drawn, 79) + "\r" +
                      std::string(drawn.size(), ' ') + "\r");
}

TEST(ConsoleBar, IsRedrawnAtMostTenTimesASecond) {
  const std::string text = written({}, [](Console& c) {
    for (int i = 0; i < 40; ++i) c.progress(at(0, i + 1, 0.01 * i));
  });

  EXPECT_EQ(split(text, '[').size() - 1, 4u) << text;
}

TEST(ConsoleBar, StaysBelowWholeLines) {
  const std::string text = written({}, [](Console& c) {
    c.progress(at(1, 12, 0));
    c.checkpoint(1, 6, 52);
  });

  EXPECT_EQ(text, "\r" + bar_80 + "\r" + std::string(79, ' ') + "\r" +
                      "checkpoint: round 2 of 6, 52 visits saved\n" + "\r" + bar_80 + "\r" +
                      std::string(79, ' ') + "\r");
}

TEST(ConsoleBar, HasColorsOnlyWhereAllowed) {
  const auto use = [](Console& c) {
    c.progress(at(3, 12, 0));
    c.line("warning: hot\nerror: broken\nfine\n");
  };

  const std::string plain = written({.color = false}, use), colored = written({.color = true}, use);

  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_NE(colored.find("[\x1b[32m#####\x1b[0m.....]"), std::string::npos);
  EXPECT_NE(colored.find("\x1b[33mwarning:\x1b[0m hot\n\x1b[31merror:\x1b[0m broken\nfine\n"),
            std::string::npos);
}

TEST(ConsoleLog, HasNoEscapesNorCarriageReturns) {
  for (const Progress mode : {Progress::automatic, Progress::plain, Progress::none}) {
    const std::string text = written({.mode = mode, .terminal = false, .color = true},
                                     [](Console& c) {
                                       c.progress(at(0, 1, 0));
                                       c.line("warning: hot");
                                       c.checkpoint(0, 6, 4);
                                       c.finish();
                                     });
    EXPECT_EQ(text.find_first_of("\x1b\r"), std::string::npos) << text;
  }
}

TEST(ConsoleLog, HasALineARoundAndEveryTenSeconds) {
  const std::string text = written({.terminal = false}, [](Console& c) {
    c.progress(at(0, 1, 0));
    c.progress(at(0, 2, 4));
    c.progress(at(0, 3, 9.9));
    c.progress(at(0, 4, 11));
    c.progress(at(0, 5, 20));
    c.progress(at(1, 1, 20.4));
  });

  const std::string name = "mem/saxpy f32 1GiB dram cuda, median 1.06 ms, ";
  EXPECT_EQ(text, "round 1 of 6, case 1 of 40, " + name + "0:00 gone, 1:23 left\n" +
                      "round 1 of 6, case 4 of 40, " + name + "0:11 gone, 1:23 left\n" +
                      "round 2 of 6, case 1 of 40, " + name + "0:20 gone, 1:23 left\n");
}

TEST(ConsoleNone, WritesLinesButNoProgressAndNoCheckpoint) {
  const std::string text = written({.mode = Progress::none}, [](Console& c) {
    c.progress(at(0, 1, 0));
    c.checkpoint(0, 6, 40);
    c.line("results");
  });

  EXPECT_EQ(text, "results\n");
}

TEST(ConsoleBar, IsDrawnWithoutATerminalWhenAskedFor) {
  const std::string text = written({.mode = Progress::bar, .terminal = false, .color = true,
                                    .width = 0},
                                   [](Console& c) { c.progress(at(1, 12, 0)); });

  EXPECT_EQ(text.substr(0, text.find('\r', 1)), "\r" + bar_80);
}

TEST(ConsoleColor, RespectsNoColorDumbTerminalsAndPipes) {
  EXPECT_TRUE(color_allowed(true, nullptr, "xterm"));
  EXPECT_TRUE(color_allowed(true, "", nullptr));
  EXPECT_FALSE(color_allowed(true, "1", "xterm"));
  EXPECT_FALSE(color_allowed(true, nullptr, "dumb"));
  EXPECT_FALSE(color_allowed(false, nullptr, "xterm"));
}

TEST(ClockText, ReadsAsAStopWatch) {
  EXPECT_EQ(clock_text(7.4), "0:07");
  EXPECT_EQ(clock_text(59.6), "1:00");
  EXPECT_EQ(clock_text(83), "1:23");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(clock_text(-3), "0:00");
  EXPECT_EQ(clock_text(1.0 / 0.0), "-");
}

/// A pseudo terminal of `columns`, and what is written on it.
class PseudoTerminal {
 public:
  explicit PseudoTerminal(unsigned short columns) : master_(posix_openpt(O_RDWR | O_NOCTTY)) {
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) return;
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    if (slave < 0) return;
    resize(columns);
    out_ = fdopen(slave, "w");
  }
  ~PseudoTerminal() {
    if (out_) std::fclose(out_);
    if (master_ >= 0) close(master_);
  }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  std::FILE* out() { return out_; }
  void resize(unsigned short columns) {
    const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ioctl(master_, TIOCSWINSZ, &size);
  }
  std::string read_all() {
    std::array<char, 4096> bytes;
    const ssize_t count = read(master_, bytes.data(), bytes.size());
    return {bytes.data(), std::size_t(count > 0 ? count : 0)};
  }

 private:
  int master_;
  std::FILE* out_ = nullptr;
};

TEST(ConsoleTerminal, AsksTheTerminalForItsWidthEachTime) {
  PseudoTerminal terminal(80);
  if (!terminal.out()) GTEST_SKIP() << "no pseudo terminal here";
  setenv("TERM", "xterm", 1);
  setenv("NO_COLOR", "1", 1);

  Console console = console_on(terminal.out(), Progress::automatic);
  console.progress(at(1, 12, 0));
  const std::string wide = terminal.read_all();
  terminal.resize(30);
  console.progress(at(1, 13, 1));
  const std::string narrow = terminal.read_all();

  EXPECT_EQ(wide, "\r" + bar_80);
  EXPECT_EQ(narrow, "\r[#.....]  round 2/6  case 13…");
  EXPECT_EQ(console.width(), 30);
}

TEST(ConsoleTerminal, ADumbOneGetsLines) {
  PseudoTerminal terminal(80);
  if (!terminal.out()) GTEST_SKIP() << "no pseudo terminal here";
  setenv("TERM", "dumb", 1);

  Console console = console_on(terminal.out(), Progress::automatic);
  console.progress(at(1, 12, 0));

  EXPECT_EQ(terminal.read_all().substr(0, 27), "round 2 of 6, case 12 of 40");
}

}  // namespace
}  // namespace cardwise
