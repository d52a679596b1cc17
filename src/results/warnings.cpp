// SPDX-License-Identifier: Apache-2.0
// Warnings by card, by case, by event; one line each, whatever the number of ranks.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "core/text.hpp"
#include "results/case_name.hpp"
#include "results/result_table.hpp"
#include "results/text_table.hpp"

namespace cardwise {
namespace {

constexpr std::size_t named = 3, longest_text = 400;

/// The lines so far, by gravity; a text that is there already is not said again.
class Lines {
 public:
  void error(const std::string& text) { add(errors_, "error: " + text); }
  void warning(const std::string& text) { add(warnings_, "warning: " + text); }
  std::string text() const { return errors_ + warnings_; }

 private:
  void add(std::string& to, const std::string& line) {
    if (said_.insert(line).second) to += line + "\n";
  }

  std::string errors_, warnings_;
  std::set<std::string> said_;
};

/// "A, B, C and 5 more".
std::string few(const std::vector<std::string>& items) {
  if (items.size() <= named) return join(items, ", ");
  return fmt::format("{} and {} more", join(std::span(items).first(named), ", "),
                     items.size() - named);
}

std::string rank_text(std::span<const RankRow> ranks, std::size_t rank) {
  return fmt::format("rank {} ({})", rank, one_line(ranks[rank].host));
}

std::string ranks_text(std::span<const RankRow> ranks, const std::vector<std::size_t>& chosen) {
  if (chosen.size() == ranks.size() && ranks.size() > 1) return "all ranks";
  std::vector<std::string> texts;
  for (const std::size_t rank : chosen) texts.push_back(rank_text(ranks, rank));
  return few(texts);
}

bool is_emulated(const RankRow& row) {
  return row.emulated != 0 || row.device_class == "emulated";
}

std::string model_text(const RankRow& row) {
  const std::string name = one_line(row.device_name), platform = one_line(row.opencl_platform);
  if (name.empty() || platform.empty()) return name + platform;
  return fmt::format("{}: {}", platform, name);
}

/// "These are figures of a CPU (…), not of a GPU." once for each model.
void about_imposters(std::span<const RankRow> ranks, Lines& lines) {
  std::map<std::string, std::vector<std::size_t>> by_text;
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    if (ranks[r].identity.empty()) continue;
    if (is_emulated(ranks[r]))
      by_text[fmt::format("figures of an emulator ({}), not of a card: its times say nothing "
                          "about a card.", model_text(ranks[r]))].push_back(r);
    else if (ranks[r].device_class == "cpu")
      by_text[fmt::format("figures of a CPU ({}), not of a GPU.", model_text(ranks[r]))]
          .push_back(r);
  }
  for (const auto& [text, chosen] : by_text)
    lines.warning(chosen.size() == ranks.size()
                      ? "These are " + text
                      : fmt::format("{}: these are {}", ranks_text(ranks, chosen), text));
}

bool rose(std::int64_t start, std::int64_t end) { return start >= 0 && end > start; }

bool is_below(std::int32_t load, std::int32_t most) { return load > 0 && most > 0 && load < most; }

void about_cards(std::span<const RankRow> ranks, Lines& lines) {
  const auto chosen = [&](const std::function<bool(const RankRow&)>& holds) {
    std::vector<std::size_t> found;
    for (std::size_t r = 0; r < ranks.size(); ++r)
      if (holds(ranks[r])) found.push_back(r);
    return found;
  };
  using Say = void (Lines::*)(const std::string&);
  const auto say = [&](Say how, const std::vector<std::size_t>& found, const char* text) {
    if (!found.empty()) (lines.*how)(fmt::format("{}: {}", ranks_text(ranks, found), text));
  };
  say(&Lines::error, chosen([](const RankRow& r) { return r.verify_failures > 0; }),
      "wrong results");
  say(&Lines::error,
      chosen([](const RankRow& r) {
        return rose(r.ecc_uncorrected_start, r.ecc_uncorrected_end);
      }),
      "memory errors that ECC could not correct");
  say(&Lines::warning, chosen([](const RankRow& r) { return r.identity.empty(); }),
      "no card, measured nothing");
  say(&Lines::warning, chosen([](const RankRow& r) { return r.shared != 0; }),
      "the card is shared with another rank: figures are of a part of it");
  say(&Lines::warning, chosen([](const RankRow& r) { return r.numa_match == 0; }),
      "the CPUs are on another NUMA node than the card: copies and latencies suffer");
  say(&Lines::warning,
      chosen([](const RankRow& r) {
        return is_below(r.pcie_gen_load, r.pcie_gen_max) ||
               is_below(r.pcie_width_load, r.pcie_width_max);
      }),
      "the PCIe link is slower than card and slot allow");
  say(&Lines::warning,
      chosen([](const RankRow& r) { return rose(r.ecc_corrected_start, r.ecc_corrected_end); }),
      "memory errors that ECC corrected");
  say(&Lines::warning,
      chosen([](const RankRow& r) { return rose(r.pcie_replays_start, r.pcie_replays_end); }),
      "the PCIe link had to repeat packets");
}

std::vector<std::size_t> with_status(std::span<const CaseRow> cases, const char* status) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < cases.size(); ++i)
    if (cases[i].status == status) found.push_back(i);
  return found;
}

/// "2 cases failed: A, B (first: text)".
void about_statuses(std::span<const CaseRow> cases, const std::vector<std::string>& names,
                    Lines& lines) {
  struct Kind {
    const char *status, *words;
  };
  for (const Kind kind : {Kind{"wrong", "gave wrong results (numbers withheld)"},
                          Kind{"failed", "failed"},
                          Kind{"implausible", "beyond the theoretical peak (implausible)"}}) {
    const std::vector<std::size_t> found = with_status(cases, kind.status);
    if (found.empty()) continue;
    std::vector<std::string> which;
    for (const std::size_t i : found) which.push_back(names[i]);
    const std::string why = one_line(cases[found.front()].status_text);
    lines.error(fmt::format("{} {}: {}{}", many(found.size(), "case"), kind.words, few(which),
                            why.empty() ? "" : fmt::format(" ({})", truncate(why, longest_text))));
  }
}

/// "up to 12 % of the samples of 4 cases throttled, most in A".
void about_share(std::span<const CaseRow> cases, const std::vector<std::string>& names,
                 double CaseRow::*share, const char* words, Lines& lines) {
  std::size_t count = 0, worst = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!(cases[i].*share > 0)) continue;
    if (++count == 1 || cases[i].*share > cases[worst].*share) worst = i;
  }
  if (count == 0) return;
  const double percent = 100 * cases[worst].*share;
  const std::string most = percent < 1 ? "< 1 %" : fmt::format("{:.0f} %", percent);
  lines.warning(count == 1 ? fmt::format("{} of the samples of {} {}", most, names[worst], words)
                           : fmt::format("samples of {} cases {}, most in {} ({})", count, words,
                                         names[worst], most));
}

/// Told by rows of ranks and cases already, for all of them in one line.
bool told_elsewhere(const std::string& code) {
  constexpr std::array codes = {"numa_mismatch", "shared_card", "no_card",
                                "wrong",         "failed",      "implausible"};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// What happened, once a text, with the ranks it happened on.
struct Happening {
  bool grave = false;
  std::string code, text;
  std::set<std::size_t> on;
};

std::vector<Happening> happenings(std::span<const EventRow> events, std::size_t ranks) {
  std::vector<Happening> all;
  for (const EventRow& event : events) {
    const bool grave = event.severity == "error";
    if (!(grave || event.severity == "warning") || told_elsewhere(event.code)) continue;
    std::string text = truncate(one_line(event.text), longest_text);
    if (text.empty()) text = one_line(event.code);
    auto same = std::find_if(all.begin(), all.end(), [&](const Happening& h) {
      return h.grave == grave && h.text == text;
    });
    if (same == all.end()) same = all.insert(all.end(), {grave, event.code, text, {}});
    if (event.rank >= 0 && std::size_t(event.rank) < ranks) same->on.insert(std::size_t(event.rank));
  }
  return all;
}

void about_events(std::span<const EventRow> events, std::span<const RankRow> ranks, Lines& lines) {
  std::map<std::string, std::size_t> count;
  for (const Happening& h : happenings(events, ranks.size())) {
    if (++count[h.code] > named) continue;
    const bool says_where = h.on.empty() || h.text.starts_with("rank ");
    const std::string where =
        says_where ? "" : ranks_text(ranks, {h.on.begin(), h.on.end()}) + ": ";
    h.grave ? lines.error(where + h.text) : lines.warning(where + h.text);
  }
  for (const auto& [code, times] : count)
    if (times > named)
      lines.warning(fmt::format("{}: {} (all in /events of the file)",
                                many(times - named, "event") + " more", code));
}

}  // namespace

std::string warnings(std::span<const EventRow> events, std::span<const RankRow> ranks,
                     std::span<const CaseRow> cases) {
  Lines lines;
  const std::vector<std::string> names = case_names(cases);
  about_imposters(ranks, lines);
  about_cards(ranks, lines);
  about_statuses(cases, names, lines);
  about_share(cases, names, &CaseRow::throttled_frac, "were taken on a throttled card", lines);
  about_share(cases, names, &CaseRow::flagged_frac, "are flagged (flags in the file say why)",
              lines);
  about_events(events, ranks, lines);
  return lines.text();
}

}  // namespace cardwise
