// SPDX-License-Identifier: Apache-2.0
// Every option in one table: name, commands that take it, help, and how its value is understood.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/options.hpp"

namespace cardwise {

/// Sets of commands, as bits.
enum Takers : unsigned { by_devices = 1, by_list = 2, by_run = 4, by_selftest = 8, by_image = 16 };
unsigned bit_of(Command command);

/// One option. `apply` reads a value (a flag's is "") and throws UsageError, saying what is wrong
/// and what would be right. Given twice it is applied twice: lists of files grow, else the last
/// counts.
struct OptionSpec {
  const char* name;   ///< "--profile"
  const char* value;  ///< how the help calls its value; "" for a flag
  unsigned takers;    ///< Takers
  const char* help;   ///< may hold line breaks
  void (*apply)(Options&, const std::string& value);
};

/// In the order of the help.
std::span<const OptionSpec> option_table();

/// Throws UsageError where options that are right by themselves contradict each other.
void check_contradictions(const Options& options);

/// "; did you mean 'x'?" or, where nothing is near, "; there are a, b, c".
std::string suggestion(const std::string& word, std::span<const std::string> candidates);

}  // namespace cardwise
