// SPDX-License-Identifier: Apache-2.0
// Code held against its manifest: target, entries and argument lists, of PTX and of cubins.
#include "device/image_code.hpp"

#include "image_files.hpp"

namespace cardwise::image_tests {
namespace {

using Kernels = std::map<std::string, Types, std::less<>>;

std::span<const std::byte> bytes_in(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(Ptx, ParametersAreReadAsTheyAreDeclared) {
  const CodeFacts facts = read_ptx(R"ptx(
.version 8.8  // .target sm_10
.target sm_90a, debug
/* .entry commented(.param .u64 x) */
.file 1 "a .entry of_a_string(.param .f32 x)"
.func (.param .b32 r) helper(.param .b64 x) { ret; }
.visible .entry as_nvrtc_writes(
	.param .u64 n,
	.param .f32 a,
	.param .u64 .ptr .global .align 4 x,
	.param .b64 .ptr .align 1 y
)
.maxntid 256, 1, 1
{ ld.param.u64 %rd1, [n]; ret; }
.entry   odd  (.param.f64 a,.param .align 8 .b8 s[16],.param .u64 .ptr .shared .align 4 l){ret;}
.entry none() { ret; }
.weak .entry bare { ret; })ptx");

  EXPECT_EQ(facts.target, "sm_90a");
  EXPECT_EQ(facts.kernels, (Kernels{{"as_nvrtc_writes", {".u64", ".f32", ".u64 .ptr", ".b64 .ptr"}},
                                    {"odd", {".f64", ".b8[16]", ".u64 .ptr .shared"}},
                                    {"none", {}},
                                    {"bare", {}}}));
}

TEST(Ptx, WhatIsCutOffEndsThere) {
  const std::string text = ptx_head("sm_80") + ptx_of("k", {".u64", ".f32"});
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_LE(read_ptx(std::string_view(text).substr(0, size)).kernels.size(), 1u);
  for (const char* odd :
       {"\"", "/", "/*", "//", ".entry", ".entry x(", ".entry x(.param", ".target"})
    EXPECT_LE(read_ptx(odd).kernels.size(), 1u) << odd;
}

TEST_F(Images, AKernelThatThePtxHasNotIsRefused) {
  code_.replace(code_.find("entry tail"), 10, "entry tai2");
  make();
  EXPECT_EQ(refusal(), front() + "it has no kernel 'tail', which its manifest names");
}

TEST_F(Images, AnotherCountOfParametersIsRefused) {
  for (const std::size_t count : {0, 3, 5}) {
    code_ = ptx_head() + ptx_kernels(Types(count, ".u64"));
    make();
    EXPECT_EQ(refusal(), front() + "kernel tail has " + std::to_string(count) +
                             " parameters, and its manifest says 4");
  }
  code_.resize(code_.find(".param"));  // no end of the list
  about_["kernels"] = Json::array({kernels()[0]});
  make();
  EXPECT_EQ(refusal(), front() + "kernel whole has 0 parameters, and its manifest says 4");
}

TEST_F(Images, ParametersOfAnotherTypeAreRefused) {
  struct Wrong {
    std::size_t place;
    std::string is, says;
  };
  for (const Wrong& w :
       {Wrong{0, ".u32", "u64 n"}, Wrong{0, ".f64", "u64 n"}, Wrong{0, ".u64 .ptr", "u64 n"},
        Wrong{0, ".b8[8]", "u64 n"}, Wrong{1, ".f64", "f32 a"}, Wrong{1, ".b64", "f32 a"},
        Wrong{1, ".u32", "f32 a"}, Wrong{2, ".u32", "buffer x"}, Wrong{2, ".f64", "buffer x"},
        Wrong{3, ".u64 .ptr .shared", "buffer y"}}) {
    Types types = saxpy_f32;
    types[w.place] = w.is;
    code_ = ptx_head() + ptx_kernels(types);
    if (w.is == ".b8[8]") {
      const std::string declared = ".b8[8] p0", as_ptx_has_it = ".align 8 .b8 p0[8]";
      code_.replace(code_.find(declared), declared.size(), as_ptx_has_it);
    }
    make();
    EXPECT_EQ(refusal(), front() + "parameter " + std::to_string(w.place) + " of kernel tail is " +
                             w.is + ", and its manifest says " + w.says);
  }
}

TEST_F(Images, BitsMayBeAnythingOfTheirSize) {
  code_ = ptx_head() + ptx_kernels({".b64", ".b32", ".b64", ".b64 .ptr .align 1"});
  make();
  EXPECT_EQ(refusal(), "");
}

TEST_F(Images, PtxForAnotherTargetThanItsManifestSaysIsRefused) {
  for (const char* target : {"sm_90", "sm_80a"}) {
    code_ = ptx_head(target) + ptx_kernels();
    make();
    EXPECT_EQ(refusal(), front() + "it is made for " + target + ", and its manifest says sm_80");
  }
  code_ = ptx_kernels();
  make();
  EXPECT_EQ(refusal(), front() + "it is no PTX: it has no .target");
}

TEST(Cubin, SizesAndTargetAreRead) {
  const std::vector<CubinKernel> kernels = {
      {"one", {8, 4, 8}}, {"none", {}}, {"big", {6000, 8}, 0x45}};
  for (const std::uint8_t abi : {std::uint8_t{7}, std::uint8_t{8}}) {
    const CodeFacts facts = read_cubin(bytes_in(cubin_of(kernels, 90, abi)));
    EXPECT_EQ(facts.target, "sm_90");
    EXPECT_EQ(facts.kernels, (Kernels{{"one", {"8 bytes", "4 bytes", "8 bytes"}},
                                      {"none", {}},
                                      {"big", {"6000 bytes", "8 bytes"}}}));
  }
  EXPECT_EQ(read_cubin(bytes_in(cubin_of(kernels, 90, 9))).target, "") << "of a later format";
}

/// What is wrong with the bytes; "" nothing.
std::string wrong(const std::string& file) {
  try {
    read_cubin(bytes_in(file));
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Cubin, WhatIsNoneIsSaid) {
  const std::string good = cubin_of({{"k", {8, 4}}}, 90), none = "it is no whole cubin: ";
  const auto with = [&](std::size_t at, char byte) {
    std::string file = good;
    file[at] = byte;
    return file;
  };

  EXPECT_EQ(wrong(good), "");
  EXPECT_EQ(wrong(""), none + "too short for an ELF header");
  EXPECT_EQ(wrong(good.substr(0, 63)), none + "too short for an ELF header");
  EXPECT_EQ(wrong(with(1, 'e')), none + "it does not begin as ELF");
  EXPECT_EQ(wrong(with(18, 62)), none + "it is ELF for machine 62, not for NVIDIA's cards");
  EXPECT_EQ(wrong(with(4, 1)), none + "it is ELF for machine 190, not for NVIDIA's cards");
  EXPECT_EQ(wrong(with(60, 0)), none + "it has no table of sections");
  EXPECT_EQ(wrong(good.substr(0, good.size() - 1)),
            none + "its table of sections ends behind its " + std::to_string(good.size() - 1) +
                " bytes");
}

TEST(Cubin, AnArgumentSaidTwiceOrNotAtAllIsRefused) {
  std::string file = cubin_of({{"k", {8, 4}}}, 90);
  const std::size_t second = file.find(std::string("\x04\x17\x0c\0", 4)) + 8;

  file[second] = 0;
  EXPECT_EQ(wrong(file), "it is no whole cubin: it says twice what an argument of k is");
  file[second] = 2;
  EXPECT_EQ(wrong(file), "it is no whole cubin: it does not say what argument 1 of k is");
}

TEST(Cubin, CutOffAndFlippedOnesAreSurvived) {
  const std::string good = cubin_of({{"one", {8, 4, 8}}, {"two", {8}}}, 90);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(wrong(good.substr(0, size)), "") << size;
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const int bit : {0x01, 0x10, 0x80, 0xff}) {
      std::string file = good;
      file[at] = char(file[at] ^ bit);
      wrong(file);
    }
}

TEST_F(Images, ACubinIsHeldAgainstItsManifest) {
  const auto said = [&](const std::vector<CubinKernel>& kernels, int capability = 80) {
    made("cubin");
    code_ = cubin_of(kernels, capability);
    make();
    return refusal();
  };
  const CubinKernel whole{"whole", {8, 4, 8, 8}}, task{"task", {8, 8, 8, 8}};
  const CubinKernel counter{"counter", {8}};

  EXPECT_EQ(said({whole, {"tail", {8, 4, 8, 8}}, task, counter}), "");
  EXPECT_EQ(said({whole, {"tail", {8, 4, 8}}, task, counter}),
            front() + "kernel tail has 3 parameters, and its manifest says 4");
  EXPECT_EQ(said({whole, {"tail", {8, 8, 8, 8}}, task, counter}),
            front() + "parameter 1 of kernel tail is 8 bytes, and its manifest says f32 a");
  EXPECT_EQ(said({whole, {"tail", {4, 4, 8, 8}}, task, counter}),
            front() + "parameter 0 of kernel tail is 4 bytes, and its manifest says u64 n");
  EXPECT_EQ(said({whole, {"tail", {8, 4, 8, 16}}, task, counter}),
            front() + "parameter 3 of kernel tail is 16 bytes, and its manifest says buffer y");
  EXPECT_EQ(said({whole, task, counter}),
            front() + "it has no kernel 'tail', which its manifest names");
  EXPECT_EQ(said({whole, {"tail", {8, 4, 8, 8}}, task, counter}, 90),
            front() + "it is made for sm_90, and its manifest says sm_80");
  code_ = "\x7f" "ELF" + std::string(500, '\0');
  make();
  EXPECT_EQ(refusal(), front() + "it is no whole cubin: it is ELF for machine 0, not for NVIDIA's "
                                 "cards");
}

}  // namespace
}  // namespace cardwise::image_tests
