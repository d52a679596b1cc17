// SPDX-License-Identifier: Apache-2.0
// Manifests of images: a good one is read; a wrong one is refused with its file, the place and what
// should stand there.
#include "core/manifest.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace cardwise {
namespace {

using Json = nlohmann::json;

const std::string hash(64, 'a');

Json good() {
  return Json::parse(R"({
    "schema": "cardwise.image", "version": 1,
    "image": {"file": "k.ptx", "bytes": 12345, "sha256": ")" +
                     hash + R"(", "format": "ptx"},
    "board": "", "architecture": "sm_80", "language": "rust",
    "compiler": {"name": "rustc", "version": "1.95.0", "flags": ["-O", "--target"]},
    "clock_hz": 0, "created": "2026-11-29",
    "sources": [{"file": "k.rs", "sha256": ")" +
                     hash + R"("}],
    "kernels": [
     {"name": "saxpy", "entry": "cw_saxpy_f32x4", "dtype": "f32", "width": 4, "replications": 1,
      "launch": "range", "defines": {"GROUP": "256"}, "tail": true,
      "arguments": [{"name": "n", "type": "u64"}, {"name": "a", "type": "f32"},
                    {"name": "x", "type": "buffer", "access": "read", "bank": ""},
                    {"name": "y", "type": "buffer", "access": "read_write", "bank": "HBM0"}]},
     {"name": "counter", "entry": "cw_counter", "width": 1, "replications": 2, "launch": "task",
      "arguments": [{"name": "counter", "type": "buffer", "access": "read_write"}]}]})");
}

Json with(const std::string& where, const Json& value) {
  Json json = good();
  json[Json::json_pointer(where)] = value;
  return json;
}

Json without(const std::string& where) {
  Json json = good();
  const Json::json_pointer place(where);
  json[place.parent_pointer()].erase(place.back());
  return json;
}

/// The message; "" where it is read; what is thrown besides a UsageError fails the test.
std::string refusal(const std::string& text) {
  try {
    parse_manifest(text, "dir/k.ptx.json");
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(Manifest, AGoodOneIsRead) {
  const Manifest m = parse_manifest(good().dump(), "k.ptx.json");

  EXPECT_EQ(m.file, "k.ptx");
  EXPECT_EQ(m.bytes, 12345u);
  EXPECT_EQ(m.sha256, hash);
  EXPECT_EQ(m.format + m.board + m.architecture + m.language, "ptxsm_80rust");
  EXPECT_EQ(m.compiler + m.compiler_version, "rustc1.95.0");
  EXPECT_EQ(m.flags, (std::vector<std::string>{"-O", "--target"}));
  EXPECT_EQ(m.created, "2026-11-29");
  ASSERT_EQ(m.sources.size(), 1u);
  EXPECT_EQ(m.sources[0].first, "k.rs");
  ASSERT_EQ(m.kernels.size(), 2u);
  const ImageKernel& saxpy = m.kernels[0];
  EXPECT_EQ(saxpy.name + saxpy.entry + saxpy.dtype, "saxpycw_saxpy_f32x4f32");
  EXPECT_EQ(saxpy.width, 4);
  EXPECT_TRUE(saxpy.tail);
  EXPECT_FALSE(saxpy.task);
  EXPECT_EQ(saxpy.defines[0], (std::pair<std::string, std::string>("GROUP", "256")));
  ASSERT_EQ(saxpy.arguments.size(), 4u);
  EXPECT_EQ(saxpy.arguments[1].type + saxpy.arguments[3].access, "f32read_write");
  EXPECT_EQ(saxpy.arguments[3].bank, "HBM0");
  const ImageKernel& counter = m.kernels[1];
  EXPECT_TRUE(counter.task);
  EXPECT_FALSE(counter.tail);
  EXPECT_EQ(counter.replications, 2);
  EXPECT_TRUE(counter.dtype.empty() && counter.defines.empty());
}

TEST(Manifest, AnFpgasOneHasABoardAndNoArchitecture) {
  Json json = with("/image/format", "aocx");
  json["board"] = "520n-mx", json["architecture"] = "", json["clock_hz"] = 3.5e8;

  const Manifest m = parse_manifest(json.dump(), "k.aocx.json");

  EXPECT_EQ(m.board, "520n-mx");
  EXPECT_EQ(m.clock_hz, 3.5e8);
}

struct Mistake {
  std::string at;
  Json value;  ///< discarded: the member is taken out
  std::string message;
};

const Json gone = Json(Json::value_t::discarded);

void PrintTo(const Mistake& m, std::ostream* out) { *out << m.at << " " << m.message; }

class ManifestMistake : public testing::TestWithParam<Mistake> {};

TEST_P(ManifestMistake, IsRefusedWithFilePlaceAndReason) {
  const Mistake& m = GetParam();
  const Json json = m.value.is_discarded() ? without(m.at) : with(m.at, m.value);

  EXPECT_EQ(refusal(json.dump()), "manifest dir/k.ptx.json" + m.message);
}

const std::string file_wanted = "': a plain file name beside the manifest is wanted";
const std::string whole = ", not from 1 to 2147483648";
const std::string no_sha = ", image: 'sha256' is no SHA-256 in 64 lower-case hex digits";
const std::string no_word = ", which is no word (letters, digits, _) with a word as text";
const std::string k0 = ", kernel 0: ", a0 = ", kernel 0, argument 0: ";

INSTANTIATE_TEST_SUITE_P(
    Head, ManifestMistake,
    testing::Values(
        Mistake{"/schema", gone, ": 'schema' is missing"},
        Mistake{"/schema", "cardwise.run", ": 'schema' is 'cardwise.run', not 'cardwise.image'"},
        Mistake{"/schema", 1, ": 'schema' is no text"},
        Mistake{"/version", gone, ": 'version' is missing"},
        Mistake{"/version", 2,
                ": version 2, and this program reads version 1: make the image anew, "
                "or use a cardwise of its time"},
        Mistake{"/version", "1", ": 'version' is no whole number"},
        Mistake{"/version", 0, ": 'version' is 0, not from 1 to 1048576"},
        Mistake{"/image", gone, ": 'image' is missing"},
        Mistake{"/image", Json::array(), ", image: is no object"},
        Mistake{"/board", 7, ": 'board' is no text"},
        Mistake{"/board", "u280", ": a .ptx is for no 'board'"},
        Mistake{"/board", "../x", ": 'board' is '../x', not a word like 520n-mx"},
        Mistake{"/board", "a?b=c", ": 'board' is 'a?b=c', not a word like 520n-mx"},
        Mistake{"/image/format", "aocx", ": a .aocx needs its 'board'"},
        Mistake{"/architecture", "sm80", ": 'architecture' is 'sm80', not like sm_80"},
        Mistake{"/architecture", gone, ": 'architecture' is '', not like sm_80"},
        Mistake{"/architecture", "sm_99999999999",
                ": 'architecture' is 'sm_99999999999', not like sm_80"},
        Mistake{"/language", "c++", ": 'language' is 'c++', none of opencl-c rust cuda"},
        Mistake{"/compiler", "rustc", ", compiler: is no object"},
        Mistake{"/compiler/name", "", ", compiler: 'name' is empty"},
        Mistake{"/compiler/flags", "-O", ", compiler: 'flags' is no list of 0 to 256 entries"},
        Mistake{"/compiler/flags/0", 3, ", compiler: 'flags' is no text"},
        Mistake{"/compiler/flags/0", "\x1b[2J", ", compiler: 'flags' holds a control character"},
        Mistake{"/clock_hz", -1, ": 'clock_hz' is no number from 0 to 10^12"},
        Mistake{"/clock_hz", "fast", ": 'clock_hz' is no number from 0 to 10^12"},
        Mistake{"/created", gone, ": 'created' is missing"},
        Mistake{"/sources", gone, ": 'sources' is missing"},
        Mistake{"/sources/0/file", "../k.rs", ", source 0: 'file' is '../k.rs" + file_wanted},
        Mistake{"/sources/0/sha256", "ab",
                ", source 0: 'sha256' is no SHA-256 in 64 lower-case hex "
                "digits"}));

INSTANTIATE_TEST_SUITE_P(
    Image, ManifestMistake,
    testing::Values(Mistake{"/image/file", gone, ", image: 'file' is missing"},
                    Mistake{"/image/file", "", ", image: 'file' is empty"},
                    Mistake{"/image/file", nullptr, ", image: 'file' is no text"},
                    Mistake{"/image/file", "../x", ", image: 'file' is '../x" + file_wanted},
                    Mistake{"/image/file", "/x", ", image: 'file' is '/x" + file_wanted},
                    Mistake{"/image/file", "a\\b", ", image: 'file' is 'a\\b" + file_wanted},
                    Mistake{"/image/file", "a/b", ", image: 'file' is 'a/b" + file_wanted},
                    Mistake{"/image/file", ".hidden", ", image: 'file' is '.hidden" + file_wanted},
                    Mistake{"/image/file", "..", ", image: 'file' is '.." + file_wanted},
                    Mistake{"/image/file", std::string("a\0b", 3),
                            ", image: 'file' holds a control character"},
                    Mistake{"/image/file", "a\nb", ", image: 'file' holds a control character"},
                    Mistake{"/image/file", std::string(10000, 'a'),
                            ", image: 'file' has 10000 bytes, and at most 4096 make sense"},
                    Mistake{"/image/format", "exe",
                            ", image: 'format' is 'exe', none of aocx xclbin ptx cubin "
                            "opencl-binary"},
                    Mistake{"/image/sha256", std::string(64, 'g'), no_sha},
                    Mistake{"/image/sha256", std::string(64, 'A'), no_sha},
                    Mistake{"/image/sha256", std::string(63, 'a'), no_sha},
                    Mistake{"/image/bytes", gone, ", image: 'bytes' is missing"},
                    Mistake{"/image/bytes", 0, ", image: 'bytes' is 0" + whole},
                    Mistake{"/image/bytes", -5, ", image: 'bytes' is -5" + whole},
                    Mistake{"/image/bytes", std::uint64_t{1} << 63,
                            ", image: 'bytes' is 9223372036854775808" + whole},
                    Mistake{"/image/bytes", ~std::uint64_t{0},
                            ", image: 'bytes' is 18446744073709551615" + whole},
                    Mistake{"/image/bytes", 2147483649, ", image: 'bytes' is 2147483649" + whole},
                    Mistake{"/image/bytes", 12345.0, ", image: 'bytes' is no whole number"},
                    Mistake{"/image/bytes", "12345", ", image: 'bytes' is no whole number"},
                    Mistake{"/image/bytes", true, ", image: 'bytes' is no whole number"}));

INSTANTIATE_TEST_SUITE_P(
    Kernels, ManifestMistake,
    testing::Values(
        Mistake{"/kernels", gone, ": 'kernels' is missing"},
        Mistake{"/kernels", Json::array(), ": 'kernels' is no list of 1 to 4096 entries"},
        Mistake{"/kernels", Json::object(), ": 'kernels' is no list of 1 to 4096 entries"},
        Mistake{"/kernels/0", 3, ", kernel 0: is no object"},
        Mistake{"/kernels/1/name", gone, ", kernel 1: 'name' is missing"},
        Mistake{"/kernels/0/entry", "", k0 + "'entry' is empty"},
        Mistake{"/kernels/1/entry", "cw_saxpy_f32x4",
                ": two kernels have the entry 'cw_saxpy_f32x4'"},
        Mistake{"/kernels/0/dtype", "f16", k0 + "'dtype' is 'f16', none of f32 f64 u32 u64"},
        Mistake{"/kernels/0/width", 3, k0 + "'width' is no power of two"},
        Mistake{"/kernels/0/width", 0, k0 + "'width' is 0, not from 1 to 64"},
        Mistake{"/kernels/0/width", 128, k0 + "'width' is 128, not from 1 to 64"},
        Mistake{"/kernels/0/replications", 4294967297,
                k0 + "'replications' is 4294967297, not from 1 to 64"},
        Mistake{"/kernels/0/launch", "often", k0 + "'launch' is 'often', none of range task"},
        Mistake{"/kernels/0/tail", 1, k0 + "'tail' is neither true nor false"},
        Mistake{"/kernels/0/defines", Json::array(),
                k0 + "'defines' is no object of at most 64 entries"},
        Mistake{"/kernels/0/defines/GROUP", 256, k0 + "'defines' has \"GROUP\"" + no_word},
        Mistake{"/kernels/0/defines/GROUP", "1 -DX", k0 + "'defines' has \"GROUP\"" + no_word},
        Mistake{"/kernels/0/defines/GROUP", "", k0 + "'defines' has \"GROUP\"" + no_word},
        Mistake{"/kernels/0/defines/GROUP", "ä", k0 + "'defines' has \"GROUP\"" + no_word},
        Mistake{"/kernels/0/defines/A=B", "1", k0 + "'defines' has \"A=B\"" + no_word},
        Mistake{"/kernels/0/defines/\x1b[2J\n", "1",
                k0 + R"('defines' has "\u001b[2J\n")" + no_word},
        Mistake{"/kernels/0/arguments", gone, k0 + "'arguments' is missing"},
        Mistake{"/kernels/0/arguments/0/name", "", a0 + "'name' is empty"},
        Mistake{"/kernels/0/arguments/0/name", "a", k0 + "two arguments are called 'a'"},
        Mistake{"/kernels/0/arguments/0/type", "i32",
                a0 + "'type' is 'i32', none of u64 f32 f64 buffer"},
        Mistake{"/kernels/0/arguments/2/access", gone,
                ", kernel 0, argument 2: 'access' is missing"},
        Mistake{"/kernels/0/arguments/2/bank", 0, ", kernel 0, argument 2: 'bank' is no text"}));

TEST(Manifest, WhatIsNoObjectIsRefused) {
  const std::string front = "manifest dir/k.ptx.json: ";
  for (const char* text : {"[]", "7", "\"text\"", "null"})
    EXPECT_EQ(refusal(text), front + "is no object") << text;
  for (const char* text : {"", " ", "{", "{\"schema\"", "{'a': 1}", "{} {}", "nonsense", "1e999"})
    EXPECT_TRUE(refusal(text).starts_with(front + "it is no JSON (")) << text << refusal(text);
}

bool says(const std::string& message, const char* part) {
  return message.find(part) != std::string::npos;
}

TEST(Manifest, DeepNestingEndsInAMessage) {
  const std::string open(500'000, '['), close(500'000, ']');

  EXPECT_TRUE(says(refusal(open.substr(0, 100'000)), "it is no JSON (")) << "100 000 '['";
  EXPECT_EQ(refusal(open + close), "manifest dir/k.ptx.json: is no object");
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += "{\"a\":";
  EXPECT_TRUE(says(refusal(objects), "it is no JSON ("));
  std::string text = good().dump();
  text.replace(text.find("\"tail\":true"), 11, "\"tail\":" + open + close);
  EXPECT_TRUE(says(refusal(text), "kernel 0: 'tail' is neither true nor false"));
}

TEST(Manifest, WhatIsNotUtf8IsNoJson) {
  std::string text = good().dump();
  text.replace(text.find("rustc"), 5, "rust\xff");

  const std::string message = refusal(text);

  EXPECT_TRUE(says(message, "it is no JSON (")) << message;
  EXPECT_TRUE(says(message, "UTF-8")) << message;
  EXPECT_FALSE(says(message, "\xff")) << "the message must be UTF-8";
}

/// A terminal and a result file get the message: one short line, whatever the manifest holds.
TEST(Manifest, MessagesStayShort) {
  const std::string huge(3'000'000, 'x'), much(4000, 'x');
  for (const std::string& text :
       {"{\"" + huge, "{\"" + huge + "\xff", "[" + std::string(1'000'000, '9') + "e9999",
        with("/schema", much).dump(), with("/language", much).dump(),
        with("/image/file", "../" + much).dump(), with("/architecture", much).dump(),
        with("/board", much).dump(), with("/kernels/0/defines/" + huge, "1").dump(),
        with("/kernels/0/defines/GROUP", huge).dump(), with("/kernels/0/name", huge).dump(),
        with("/compiler/flags/0", huge).dump()}) {
    const std::string message = refusal(text);
    EXPECT_FALSE(message.empty()) << text.substr(0, 40);
    EXPECT_LT(message.size(), 300u) << text.substr(0, 40);
  }
}

TEST(Manifest, ListsHaveAnEnd) {
  Json many = Json::array(), kernels = Json::array(), defines = Json::object();
  for (int i = 0; i < 4097; ++i) {
    kernels.push_back(good()["kernels"][1]);
    kernels.back()["entry"] = kernels.back()["name"] = "k" + std::to_string(i);
  }
  for (int i = 0; i < 65; ++i) {
    many.push_back({{"name", "a" + std::to_string(i)}, {"type", "u64"}});
    defines["A" + std::to_string(i)] = "1";
  }

  EXPECT_TRUE(says(refusal(with("/kernels", kernels).dump()), "'kernels' is no list of 1 to 4096"));
  EXPECT_TRUE(
      says(refusal(with("/kernels/0/arguments", many).dump()), "'arguments' is no list of 0"));
  EXPECT_TRUE(says(refusal(with("/kernels/0/defines", defines).dump()), "'defines' is no object"));
  kernels.erase(0);
  EXPECT_EQ(refusal(with("/kernels", kernels).dump()), "");
}

/// A run would always take the first, and nobody would know.
TEST(Manifest, TwoKernelsThatNoRequestTellsApartAreRefused) {
  const auto said = [](int of, const Json& changes) {
    Json json = good();
    Json twin = json["kernels"][of];
    twin["entry"] = "twin";
    twin.update(changes);
    json["kernels"].push_back(twin);
    return refusal(json.dump());
  };
  const std::string alike = "manifest dir/k.ptx.json: kernels 0 and 2 differ in no more than their "
                            "entry, and 'replications' is 1: which of them is meant?";
  const Json other_arguments = {{"arguments", Json::array()}};

  EXPECT_EQ(said(0, Json::object()), alike);
  EXPECT_EQ(said(0, other_arguments), alike) << "what it takes is not asked for";
  EXPECT_EQ(said(0, {{"replications", 2}}), alike) << "only one of them is a replication";
  for (const Json& change :
       {Json{{"name", "triad"}}, Json{{"dtype", "f64"}}, Json{{"width", 1}}, Json{{"tail", false}},
        Json{{"launch", "task"}}, Json{{"defines", {{"GROUP", "64"}}}},
        Json{{"defines", Json::object()}}})
    EXPECT_EQ(said(0, change), "") << change.dump();
}

TEST(Manifest, ThereAreNoMoreReplicationsThanItSays) {
  Json json = good();  // its counter is one of two
  const auto add = [&](const char* entry) {
    json["kernels"].push_back(good()["kernels"][1]);
    json["kernels"].back()["entry"] = entry;
  };
  const std::string front = "manifest dir/k.ptx.json: ";

  add("second");
  EXPECT_EQ(refusal(json.dump()), "");
  add("third");
  EXPECT_EQ(refusal(json.dump()), front + "kernels 1 and 3 differ in no more than their entry, and "
                                          "'replications' is 2: which of them is meant?");
  json["kernels"][3]["width"] = 4;
  EXPECT_TRUE(refusal(json.dump()).starts_with(front + "kernels 1 and 3 "))
      << "a single work-item is right for any width";
}

TEST(Architecture, IsReadOrMinusOne) {
  const auto read = [](std::string_view text) {
    const Architecture found = architecture_of(text);
    return std::pair(found.capability, found.suffix);
  };
  EXPECT_EQ(read("sm_80"), std::pair(80, '\0'));
  EXPECT_EQ(read("compute_120"), std::pair(120, '\0'));
  EXPECT_EQ(read("sm_90a"), std::pair(90, 'a'));
  EXPECT_EQ(read("compute_100f"), std::pair(100, 'f'));
  for (const char* no : {"", "sm_", "80", "sm_8", "sm_-80", "sm_80x", "sm_80aa", "sm_1000", "SM_80",
                         "sm_ 80", "sm_0x50", "sm_99999999999999999999", "sm_a", "sm_100fa"})
    EXPECT_EQ(read(no), std::pair(-1, '\0')) << no;
}

}  // namespace
}  // namespace cardwise
