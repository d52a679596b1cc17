// SPDX-License-Identifier: Apache-2.0
// Reads manifests. Whoever wrote one is not trusted: every member is checked before it is used.
#include "core/manifest.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "core/error.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace cardwise {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

constexpr std::int64_t version = 1;
constexpr std::size_t longest_text = 4096, most_kernels = 4096, most_arguments = 64,
                      most_defines = 64, longest_word = 128;

/// What stands in a message of what somebody else wrote: one short line.
std::string shown(std::string text) {
  if (text.size() > 180) {  // marks of no width would have no end; not within a code point
    std::size_t end = 180;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    text += "…";
  }
  return truncate(text, 60);
}

/// Letters, digits and a few signs: safe in a build's options, a case key and a file's name.
bool is_word(std::string_view word, std::string_view signs) {
  const auto fits = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           signs.find(c) != std::string_view::npos;
  };
  return !word.empty() && word.size() <= longest_word &&
         std::all_of(word.begin(), word.end(), fits);
}

/// A JSON object with the path to it, so that a message can say where it is wrong.
class Object {
 public:
  Object(const Json& json, std::string path) : json_(json), path_(std::move(path)) {
    if (!json.is_object()) fail("is no object");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw UsageError(fmt::format("manifest {}: {}", path_, what));
  }

  std::string text(const char* name, bool required = true) const {
    const Json* value = find(name, required);
    if (value == nullptr) return "";
    if (required && value->is_string() && value->get_ref<const std::string&>().empty())
      fail(fmt::format("'{}' is empty", name));
    return checked_text(name, *value);
  }

  std::string checked_text(const char* name, const Json& value) const {
    if (!value.is_string()) fail(fmt::format("'{}' is no text", name));
    const auto& found = value.get_ref<const std::string&>();
    if (found.size() > longest_text)
      fail(fmt::format("'{}' has {} bytes, and at most {} make sense", name, found.size(),
                       longest_text));
    const auto bad = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (std::any_of(found.begin(), found.end(), bad))
      fail(fmt::format("'{}' holds a control character", name));
    return found;
  }

  std::string one_of(const char* name, const Words& words) const {
    std::string found = text(name);
    if (std::find(words.begin(), words.end(), found) == words.end())
      fail(fmt::format("'{}' is '{}', none of {}", name, shown(found), join(words, " ")));
    return found;
  }

  /// A plain file name: no folder, nothing that climbs out of the manifest's.
  std::string file_name(const char* name) const {
    std::string found = text(name);
    if (found.find_first_of("/\\") != std::string::npos || found.front() == '.')
      fail(fmt::format("'{}' is '{}': a plain file name beside the manifest is wanted", name,
                       shown(found)));
    return found;
  }

  std::string sha256(const char* name) const {
    std::string found = text(name);
    if (found.size() != 64 || found.find_first_not_of("0123456789abcdef") != std::string::npos)
      fail(fmt::format("'{}' is no SHA-256 in 64 lower-case hex digits", name));
    return found;
  }

  std::int64_t integer(const char* name, std::int64_t least, std::int64_t most) const {
    const Json& value = *find(name, true);
    if (!value.is_number_integer()) fail(fmt::format("'{}' is no whole number", name));
    const bool huge =
        value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t(most);
    if (huge || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
      fail(fmt::format("'{}' is {}, not from {} to {}", name, value.dump(), least, most));
    return value.get<std::int64_t>();
  }

  double number(const char* name) const {
    const Json* value = find(name, false);
    if (value == nullptr) return 0;
    if (!value->is_number() || !(value->get<double>() >= 0) || value->get<double>() > 1e12)
      fail(fmt::format("'{}' is no number from 0 to 10^12", name));
    return value->get<double>();
  }

  bool truth(const char* name) const {
    const Json* value = find(name, false);
    if (value == nullptr) return false;
    if (!value->is_boolean()) fail(fmt::format("'{}' is neither true nor false", name));
    return value->get<bool>();
  }

  const Json& list(const char* name, std::size_t least, std::size_t most) const {
    const Json& value = *find(name, true);
    if (!value.is_array() || value.size() < least || value.size() > most)
      fail(fmt::format("'{}' is no list of {} to {} entries", name, least, most));
    return value;
  }

  Object object(const char* name) const { return {*find(name, true), at(name)}; }
  std::string at(const std::string& name) const { return fmt::format("{}, {}", path_, name); }
  const Json* find(const char* name, bool required) const {
    const auto found = json_.find(name);
    if (found != json_.end()) return &*found;
    if (required) fail(fmt::format("'{}' is missing", name));
    return nullptr;
  }

 private:
  const Json& json_;
  std::string path_;
};

ImageArgument argument(const Object& from) {
  ImageArgument a;
  a.name = from.text("name");
  a.type = from.one_of("type", {"u64", "f32", "f64", "buffer"});
  if (a.type != "buffer") return a;
  a.access = from.one_of("access", {"read", "write", "read_write"});
  a.bank = from.text("bank", false);
  return a;
}

ImageKernel kernel(const Object& from) {
  ImageKernel k;
  k.name = from.text("name");
  k.entry = from.text("entry");
  k.dtype = from.text("dtype", false);
  if (!k.dtype.empty()) k.dtype = from.one_of("dtype", {"f32", "f64", "u32", "u64"});
  k.width = int(from.integer("width", 1, 64));
  if ((k.width & (k.width - 1)) != 0) from.fail("'width' is no power of two");
  k.replications = int(from.integer("replications", 1, 64));
  k.task = from.one_of("launch", {"range", "task"}) == "task";
  k.tail = from.truth("tail");
  if (const Json* defines = from.find("defines", false)) {
    if (!defines->is_object() || defines->size() > most_defines)
      from.fail(fmt::format("'defines' is no object of at most {} entries", most_defines));
    for (const auto& [name, value] : defines->items()) {
      // They become options of a build elsewhere.
      if (!value.is_string() || !is_word(name, "_") || !is_word(value.get<std::string>(), "_."))
        from.fail(
            fmt::format("'defines' has {}, which is no word (letters, digits, _) with a word "
                        "as text",
                        shown(json_string(name))));
      k.defines.emplace_back(name, value.get<std::string>());
    }
  }
  std::set<std::string> names;
  std::size_t i = 0;
  for (const Json& json : from.list("arguments", 0, most_arguments)) {
    k.arguments.push_back(argument({json, from.at(fmt::format("argument {}", i++))}));
    if (!names.insert(k.arguments.back().name).second)
      from.fail(fmt::format("two arguments are called '{}'", shown(k.arguments.back().name)));
  }
  return k;
}

void read_target(const Object& root, Manifest& m) {
  m.board = root.text("board", false);
  m.architecture = root.text("architecture", false);
  const bool fpga = m.format == "aocx" || m.format == "xclbin";
  if (fpga && m.board.empty()) root.fail(fmt::format("a .{} needs its 'board'", m.format));
  // Its case key holds it, and kernels/fpga/boards a file of that name.
  if (!m.board.empty() && !is_word(m.board, "_-"))
    root.fail(fmt::format("'board' is '{}', not a word like 520n-mx", shown(m.board)));
  if (m.format == "ptx" || m.format == "cubin") {
    if (!m.board.empty()) root.fail(fmt::format("a .{} is for no 'board'", m.format));
    if (architecture_of(m.architecture).capability < 0)
      root.fail(fmt::format("'architecture' is '{}', not like sm_80", shown(m.architecture)));
  }
}

/// What a run can ask for: it could not tell two kernels apart that have all of this in common, and
/// would always take the first. A single work-item is right for any width.
std::string request_of(const ImageKernel& k) {
  const bool known_by_type = k.dtype.starts_with('f');
  std::string all = fmt::format("{}\n{}\n{}\n{}\n{}", k.name, known_by_type ? k.dtype : "",
                                k.task ? 0 : k.width, k.task, k.tail);
  for (const auto& [name, value] : k.defines) all += fmt::format("\n{}={}", name, value);
  return all;
}

/// Replications are all alike, but only as many as they say.
void refuse_twins(const Object& root, const std::vector<ImageKernel>& kernels) {
  std::map<std::string, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    std::vector<std::size_t>& before = alike[request_of(kernels[i])];
    before.push_back(i);
    const int least = std::min(kernels[i].replications, kernels[before.front()].replications);
    if (before.size() > std::size_t(least))
      root.fail(fmt::format("kernels {} and {} differ in no more than their entry, and "
                            "'replications' is {}: which of them is meant?",
                            before.front(), i, least));
  }
}

}  // namespace

Architecture architecture_of(std::string_view text) {
  for (const std::string_view front : {"sm_", "compute_"}) {
    if (!text.starts_with(front)) continue;
    std::string_view digits = text.substr(front.size());
    Architecture found;
    // sm_90a, sm_100f: PTX ISA 9.0, .target
    if (digits.ends_with('a') || digits.ends_with('f')) {
      found.suffix = digits.back();
      digits.remove_suffix(1);
    }
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), found.capability);
    const bool whole = error == std::errc() && stop == digits.data() + digits.size();
    return whole && found.capability >= 10 && found.capability < 1000 ? found : Architecture();
  }
  return {};
}

Manifest parse_manifest(std::string_view text, const std::string& where) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::exception& error) {
    // Without what was read last, which may be millions of bytes of anything.
    const std::string why = error.what();
    throw UsageError(fmt::format("manifest {}: it is no JSON ({})", where,
                                 truncate(why.substr(0, why.find("; last read")), 160)));
  }
  const Object root(json, where);
  if (root.text("schema") != "cardwise.image")
    root.fail(fmt::format("'schema' is '{}', not 'cardwise.image'", shown(root.text("schema"))));
  if (const std::int64_t found = root.integer("version", 1, 1 << 20); found != version)
    root.fail(
        fmt::format("version {}, and this program reads version {}: make the image anew, or "
                    "use a cardwise of its time",
                    found, version));
  Manifest m;
  const Object image = root.object("image");
  m.file = image.file_name("file");
  m.bytes = std::uint64_t(image.integer("bytes", 1, std::int64_t{1} << 31));
  m.sha256 = image.sha256("sha256");
  m.format = image.one_of("format", {"aocx", "xclbin", "ptx", "cubin", "opencl-binary"});
  read_target(root, m);
  m.language = root.one_of("language", {"opencl-c", "rust", "cuda"});
  const Object compiler = root.object("compiler");
  m.compiler = compiler.text("name");
  m.compiler_version = compiler.text("version", false);
  for (const Json& flag : compiler.list("flags", 0, 256))
    m.flags.push_back(compiler.checked_text("flags", flag));
  m.clock_hz = root.number("clock_hz");
  m.created = root.text("created");
  std::size_t i = 0;
  for (const Json& source : root.list("sources", 0, 256)) {
    const Object file(source, root.at(fmt::format("source {}", i++)));
    m.sources.emplace_back(file.file_name("file"), file.sha256("sha256"));
  }
  std::set<std::string> entries;
  i = 0;
  for (const Json& one : root.list("kernels", 1, most_kernels)) {
    m.kernels.push_back(kernel({one, root.at(fmt::format("kernel {}", i++))}));
    if (!entries.insert(m.kernels.back().entry).second)
      root.fail(fmt::format("two kernels have the entry '{}'", shown(m.kernels.back().entry)));
  }
  refuse_twins(root, m.kernels);
  return m;
}

}  // namespace cardwise
