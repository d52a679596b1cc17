// SPDX-License-Identifier: Apache-2.0
// Keys that can be read back, ids from their hash, UUIDs from the clock.
#include "core/case_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <random>

#include "core/error.hpp"
#include "core/sha256.hpp"

namespace cardwise {
namespace {

void check_word(std::string_view what, std::string_view word) {
  const auto breaks_key = [](unsigned char c) {
    return std::isspace(c) || std::iscntrl(c) || c == '?' || c == '&' || c == '=' || c == '/';
  };
  if (word.empty() || std::any_of(word.begin(), word.end(), breaks_key)) {
    throw Error(fmt::format("{} '{}' cannot stand in a case key", what, word));
  }
}

}  // namespace

std::string Value::text() const {
  if (const auto* word = std::get_if<std::string>(&value_)) return *word;
  return std::to_string(std::get<std::int64_t>(value_));
}

std::int64_t Value::integer() const {
  if (const auto* number = std::get_if<std::int64_t>(&value_)) return *number;
  throw Error(fmt::format("'{}' is no whole number", text()));
}

Params& Params::set(std::string name, Value value) {
  check_word("parameter name", name);
  check_word("value of parameter " + name, value.text());
  values_.insert_or_assign(std::move(name), std::move(value));
  return *this;
}

std::int64_t Params::integer(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw Error(fmt::format("the case has no parameter '{}'", name));
  if (!found->second.is_integer()) {
    throw Error(fmt::format("parameter {} = '{}' is no whole number", name, found->second.text()));
  }
  return found->second.integer();
}

std::string Params::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw Error(fmt::format("the case has no parameter '{}'", name));
  return found->second.text();
}

std::string case_key(std::string_view family, std::string_view benchmark, const Params& params) {
  check_word("family", family);
  check_word("benchmark", benchmark);
  std::string key = fmt::format("{}/{}", family, benchmark);
  char separator = '?';
  for (const auto& [name, value] : params) {
    check_word("parameter name", name);
    check_word("value of parameter " + name, value.text());
    key += fmt::format("{}{}={}", separator, name, value.text());
    separator = '&';
  }
  return key;
}

std::string case_id(std::string_view key) { return sha256_hex(key).substr(0, 16); }

std::string uuid7() {
  std::random_device random;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  const std::uint64_t low = std::uint64_t{random()} << 32 | random();
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", ms >> 16 & 0xFFFFFFFF, ms & 0xFFFF,
                     random() & 0xFFF, 0x8000 | (low >> 48 & 0x3FFF), low & 0xFFFFFFFFFFFF);
}

}  // namespace cardwise
