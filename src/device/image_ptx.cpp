// SPDX-License-Identifier: Apache-2.0
// Entries of a PTX with their parameters (PTX ISA 9.0, 5.1.6: kernel function parameters).
#include "device/image_code.hpp"

namespace cardwise {
namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
         c == '_' || c == '$' || c == '%';
}

/// Words with their dots (".param", "ld.param.u64", "%rd1"), strings, and single signs.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  /// "" at the end.
  std::string_view next() {
    skip();
    const std::size_t from = at_;
    if (from == text_.size()) return {};
    if (text_[from] == '"')
      at_ = after(text_.find('"', from + 1), 1);
    else if (!is_word(text_[at_++]))
      return text_.substr(from, 1);
    else
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }

 private:
  std::size_t after(std::size_t found, std::size_t length) const {
    return found == std::string_view::npos ? text_.size() : found + length;
  }

  /// White space and comments.
  void skip() {
    while (at_ < text_.size()) {
      const std::string_view two = text_.substr(at_, 2);
      if (two == "//")
        at_ = after(text_.find('\n', at_), 1);
      else if (two == "/*")
        at_ = after(text_.find("*/", at_ + 2), 2);
      else if (two.front() == ' ' || (two.front() >= '\t' && two.front() <= '\r'))
        ++at_;
      else
        return;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// One declaration, up to its comma or the end of the list: ".param .u64 .ptr .global .align 4 x",
/// ".param .align 8 .b8 x[16]".
std::string parameter(const std::vector<std::string_view>& words) {
  std::string type, address, count;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word.starts_with(".param")) word.remove_prefix(6);  // no blank need follow
    if (word.empty()) continue;
    if (word == ".align")
      ++i;
    else if (word == ".ptr")
      address = " .ptr";
    else if (!address.empty() && word.starts_with('.') && word != ".global")
      address += " " + std::string(word);  // of shared or constant memory
    else if (word.starts_with('.') && type.empty())
      type = word;
    else if (word == "[" || word == "]" || (!count.empty() && is_word(word.front())))
      count += word;
  }
  return type + count + address;
}

std::vector<std::string> parameters(Tokens& tokens) {
  std::vector<std::string> found;
  std::vector<std::string_view> words;
  for (;;) {
    const std::string_view token = tokens.next();
    const bool end = token.empty() || token == ")";
    if (!end && token != ",") {
      words.push_back(token);
      continue;
    }
    if (!words.empty()) found.push_back(parameter(words));
    words.clear();
    if (end) return found;
  }
}

}  // namespace

CodeFacts read_ptx(std::string_view text) {
  CodeFacts facts;
  Tokens tokens(text);
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
    if (token == ".target" && facts.target.empty()) facts.target = tokens.next();
    if (token != ".entry") continue;
    const std::string name(tokens.next());
    Tokens ahead = tokens;
    if (ahead.next() == "(") {
      tokens = ahead;
      facts.kernels.emplace(name, parameters(tokens));
    } else {
      facts.kernels.emplace(name, std::vector<std::string>());
    }
  }
  return facts;
}

}  // namespace cardwise
