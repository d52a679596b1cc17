// SPDX-License-Identifier: Apache-2.0
// Boards and new manifests, by nlohmann's library.
#include "core/board.hpp"

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace cardwise {

Board parse_board(std::string_view text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    const nlohmann::json& compile = json.at("compile");
    std::vector<Bank> banks;
    for (const nlohmann::json& bank : json.at("memory").at("banks"))
      banks.push_back({bank.at("name"), bank.at("bytes"), bank.at("flags")});
    return {.name = json.at("board"),
            .title = json.at("title"),
            .platform = json.at("platform"),
            .device_pattern = json.at("device_pattern"),
            .image_format = json.at("image_format"),
            .compiler = compile.at("name"),
            .command = compile.at("command"),
            .link = compile.value("link", std::vector<std::string>()),
            .needs_connectivity = compile.value("needs_connectivity", false),
            .banks = std::move(banks)};
  } catch (const nlohmann::json::exception& error) {
    throw Error(std::string("a board's description: ") + error.what());
  }
}

std::string finish_manifest(std::string_view begun, const FinishedImage& image) {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(begun);
  json["image"] = {{"file", image.file},
                   {"bytes", image.bytes},
                   {"sha256", image.sha256},
                   {"format", json["image"]["format"]}};
  json["compiler"]["version"] = image.compiler_version;
  json["clock_hz"] = image.clock_hz;
  json["created"] = image.created;
  return json.dump(1) + "\n";
}

}  // namespace cardwise
