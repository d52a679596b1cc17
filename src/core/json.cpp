// SPDX-License-Identifier: Apache-2.0
// Options as JSON. nlohmann's library is seen here and in manifest.cpp, nowhere else.
#include "core/json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <optional>

#include "core/error.hpp"

namespace cardwise {
namespace {

using Json = nlohmann::ordered_json;

// The one list of members: written and read by the same names.
template <class SomeOptions, class Visitor>
void for_each_member(SomeOptions& o, Visitor&& visit) {
  visit("command", o.command);
  visit("profile", o.profile);
  visit("filters", o.filters);
  visit("backends", o.backends);
  visit("types", o.types);
  visit("platform", o.platform);
  visit("cards", o.cards);
  visit("allow_sharing", o.allow_sharing);
  visit("allow_missing", o.allow_missing);
  visit("images", o.images);
  visit("same_code", o.same_code);
  visit("max_bytes", o.max_bytes);
  visit("scaling", o.scaling);
  visit("rounds", o.rounds);
  visit("time_budget_s", o.time_budget_s);
  visit("timeout_s", o.timeout_s);
  visit("wait", o.wait);
  visit("seed", o.seed);
  visit("output", o.output);
  visit("system", o.system);
  visit("tag", o.tag);
  visit("json_file", o.json_file);
  visit("progress", o.progress);
  visit("recheck", o.recheck);
  visit("telemetry", o.telemetry);
  visit("json", o.json);
  visit("action", o.action);
  visit("board", o.board);
  visit("program", o.program);
  visit("alarms", o.alarms);
  visit("fault_rank", o.fault_rank);
}

template <class Value>
Json written(const Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    return name_of(value);
  } else {
    return value;
  }
}

template <class Value>
Json written(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// Numbers are not converted silently: 1.5 rounds, or "7", are mistakes.
template <class Value>
void check_kind(const Json& json) {
  using Kind = std::remove_cvref_t<Value>;
  bool right = true;
  if constexpr (std::is_same_v<Kind, bool>)
    right = json.is_boolean();
  else if constexpr (std::is_unsigned_v<Kind>)
    right = json.is_number_unsigned();
  else if constexpr (std::is_integral_v<Kind>)
    right = json.is_number_integer();
  else if constexpr (std::is_floating_point_v<Kind>)
    right = json.is_number();
  if (!right) throw Error(fmt::format("{} is of the wrong kind", json.dump()));
}

template <class Value>
inline constexpr Value last_of = Value{};
template <>
inline constexpr Command last_of<Command> = Command::image;
template <>
inline constexpr Profile last_of<Profile> = Profile::burn_in;
template <>
inline constexpr Progress last_of<Progress> = Progress::none;

template <class Value>
void read(const Json& json, Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    const std::string word = json.get<std::string>();
    for (int i = 0; i <= static_cast<int>(last_of<Value>); ++i) {
      if (word != name_of(static_cast<Value>(i))) continue;
      value = static_cast<Value>(i);
      return;
    }
    throw Error(fmt::format("'{}' is unknown", word));
  } else {
    check_kind<Value>(json);
    json.get_to(value);
  }
}

template <class Value>
void read(const Json& json, std::optional<Value>& value) {
  value.reset();
  if (!json.is_null()) read(json, value.emplace());
}

}  // namespace

std::string to_json(const Options& options) {
  Json object = Json::object();
  for_each_member(options,
                  [&](const char* name, const auto& value) { object[name] = written(value); });
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Options options_from_json(const std::string& text) {
  const Json object = Json::parse(text, nullptr, false);
  if (!object.is_object()) throw Error("options: no JSON object: '" + text.substr(0, 80) + "'");
  Options options;
  for (const auto& item : object.items()) {
    const std::string& name = item.key();
    bool known = false;
    for_each_member(options, [&](const char* member, auto& into) {
      if (name != member) return;
      known = true;
      try {
        read(item.value(), into);
      } catch (const std::exception& error) {
        throw Error(fmt::format("options: {}: {}", name, error.what()));
      }
    });
    if (!known) throw Error(fmt::format("options: unknown key '{}'", name));
  }
  return options;
}

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(Json(text).dump());
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

std::string json_string(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_object(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string text = "{";
  for (const auto& [name, value] : fields) {
    if (text.size() > 1) text += ", ";
    text += json_string(name) + ": " + value;
  }
  return text + "}";
}

}  // namespace cardwise
