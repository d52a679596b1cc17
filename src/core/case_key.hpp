// SPDX-License-Identifier: Apache-2.0
// What makes a case the same case in another run: its parameters, key and id.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace cardwise {

/// A parameter's value: a whole number (elements, bytes), or a word. Implicit on purpose.
class Value {
 public:
  // NOLINTBEGIN(google-explicit-constructor)
  template <class Integer>
  requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>) Value(Integer number)
      : value_(static_cast<std::int64_t>(number)) {}
  Value(std::string text) : value_(std::move(text)) {}
  Value(const char* text) : value_(std::string(text)) {}
  // NOLINTEND(google-explicit-constructor)

  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  /// As it stands in a case key.
  std::string text() const;
  /// Throws Error where it is a word.
  std::int64_t integer() const;

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::int64_t, std::string> value_;
};

/// The parameters of a case by name, sorted: Params{{"dtype", "f32"}, {"n", 1 << 20}}.
class Params {
 public:
  using Map = std::map<std::string, Value, std::less<>>;

  Params() = default;
  Params(std::initializer_list<Map::value_type> values) : values_(values) {}

  /// Adds or replaces; returns itself, so that calls can be chained. Throws Error where name or
  /// word is empty or holds one of "?&=/" or white space: the key could not be read back.
  Params& set(std::string name, Value value);
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  /// Throws Error naming the parameter where it is missing or a word.
  std::int64_t integer(std::string_view name) const;
  /// The value as text, also of a number; throws Error where it is missing.
  std::string text(std::string_view name) const;

  Map::const_iterator begin() const { return values_.begin(); }
  Map::const_iterator end() const { return values_.end(); }
  std::size_t size() const { return values_.size(); }
  bool operator==(const Params&) const = default;

 private:
  Map values_;
};

/// "family/benchmark?k1=v1&k2=v2", keys sorted (docs: results/README.md). Throws Error where a name
/// or word cannot stand in a key, as Params::set does.
std::string case_key(std::string_view family, std::string_view benchmark, const Params& params);

/// The first 16 hex digits of the key's SHA-256.
std::string case_id(std::string_view key);

/// A new UUID version 7 (RFC 9562): sorts by its time of making.
std::string uuid7();

}  // namespace cardwise
