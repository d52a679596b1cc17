// SPDX-License-Identifier: Apache-2.0
// Reads PTX by lines: NVRTC and LLVM write one instruction or parameter a line (PTX ISA 9.0, 7.1).
#include "device/opencl/opencl_ptx.hpp"

#include <map>
#include <regex>
#include <set>
#include <vector>

#include "core/text.hpp"

namespace cardwise {
namespace {

/// Names of parameters whose value, as loaded, is converted to an address of global memory.
std::set<std::string> addresses(const std::vector<std::string>& lines) {
  static const std::regex load(R"(^\s*ld\.param\.[bu]64\s+(%\w+),\s*\[(\w+)\];)");
  static const std::regex convert(R"(^\s*cvta\.to\.global\.u64\s+%\w+,\s*(%\w+);)");
  std::map<std::string, std::string> holds;  // register, parameter
  std::set<std::string> found;
  std::smatch match;
  for (const std::string& line : lines) {
    if (line.find(".entry") != std::string::npos) holds.clear();  // registers are a kernel's own
    if (std::regex_search(line, match, load)) {
      holds[match[1]] = match[2];
    } else if (std::regex_search(line, match, convert)) {
      if (const auto known = holds.find(match[1]); known != holds.end()) found.insert(known->second);
    }
  }
  return found;
}

}  // namespace

std::string ptx_for_opencl(std::string_view ptx) {
  static const std::regex parameter(
      R"(^(\s*\.param\s+)\.[bu]64(\s+\.ptr(\s+\.global)?(\s+\.align\s+\d+)?)?\s+(\w+)(,?)\s*$)");
  std::vector<std::string> lines = split(ptx, '\n');
  const std::set<std::string> found = addresses(lines);
  std::string out;
  std::smatch match;
  for (const std::string& line : lines) {
    if (std::regex_match(line, match, parameter) && (match[2].matched || found.contains(match[5])))
      out += match[1].str() + ".u64 .ptr .global .align 4 " + match[5].str() + match[6].str();
    else
      out += line;
    out += '\n';
  }
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace cardwise
