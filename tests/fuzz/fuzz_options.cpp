// SPDX-License-Identifier: Apache-2.0
// The command line and its broadcast: words are options, or a text and an exit code; JSON comes back as it went.
#include <vector>

#include "core/error.hpp"
#include "core/json.hpp"
#include "core/options.hpp"
#include "core/text.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  try {
    cardwise::options_from_json(text);
  } catch (const cardwise::Error&) {
    // what rank 0 is told
  }
  std::vector<std::string> words = {"cardwise"};
  for (std::size_t at = 0; at <= text.size();) {  // a word a line: no word holds a zero byte
    const std::size_t end = std::min(text.find('\n', at), text.size());
    words.push_back(text.substr(at, end - at).c_str());
    at = end + 1;
  }
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  const cardwise::ParsedCommandLine parsed =
      cardwise::parse_command_line(static_cast<int>(argv.size()), argv.data(), "version\n");
  fuzz::promise(parsed.options || !parsed.text.empty(), "options or a text");
  if (!parsed.options) return 0;
  fuzz::promise(cardwise::options_from_json(cardwise::to_json(*parsed.options)) == *parsed.options,
                "options survive their broadcast");
  cardwise::matches(*parsed.options, "mem/triad?backend=cuda&dtype=f32&bytes=1024", "3f2a9c");
  return 0;
}
