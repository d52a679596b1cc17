// SPDX-License-Identifier: Apache-2.0
// The list of cases as a table, its sum below.
#include "results/case_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/size_text.hpp"
#include "results/text_table.hpp"

namespace cardwise {
namespace {

std::string advice(Profile profile) {
  std::vector<std::string> others;
  for (const Profile other : {Profile::smoke, Profile::quick, Profile::standard, Profile::full})
    if (other != profile) others.emplace_back(name_of(other));
  return fmt::format(
      "choose: --filter 'saxpy|gemm' (regular expression on key or id; --filter -latency leaves "
      "out), --backend cuda, --profile {}\n",
      fmt::join(others, "|"));
}

}  // namespace

std::string case_listing(std::span<const ListedCase> cases, const std::string& card,
                         Profile profile) {
  std::vector<std::vector<std::string>> lines = {{"id", "time", "memory", "case"}};
  double seconds = 0;
  std::uint64_t most = 0;
  for (const ListedCase& c : cases) {
    // Estimates: a second digit would promise too much below ten seconds, and more above.
    lines.push_back({c.case_id, fmt::format("{:.{}f} s", c.seconds, c.seconds < 9.95 ? 1 : 0),
                     c.bytes == 0 ? "-" : size_text(static_cast<double>(c.bytes)),
                     one_line(c.case_key)});
    seconds += c.seconds;
    most = std::max(most, c.bytes);
  }
  const std::vector<bool> right = {false, true, true, false};
  const std::vector<Column> columns = columns_of(lines, right);
  std::string text;
  for (const std::vector<std::string>& line : lines) text += table_line(line, columns);
  text += fmt::format("\n{} of profile {} on {}: about {}, at most {} of the card's memory at once\n",
                      many(cases.size(), "case"), name_of(profile), one_line(card),
                      duration_text(seconds), size_text(static_cast<double>(most)));
  return text + advice(profile);
}

}  // namespace cardwise
