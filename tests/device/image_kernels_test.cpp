// SPDX-License-Identifier: Apache-2.0
// Kernels of an image by their defines, the image in a broadcast, and the cards that take it.
#include "image_files.hpp"

namespace cardwise::image_tests {
namespace {

TEST_F(Images, KernelsAreFoundByTheirDefines) {
  const Image image = made();
  const Defines whole{{"REAL", "float"}, {"WIDTH", "4"}, {"GROUP", "256"}};
  const Defines tail{{"REAL", "float"}, {"WIDTH", "1"}, {"GROUP", "256"}, {"TAIL", "1"}};

  const auto [source, entry] = image.kernel("saxpy", "f32", whole);
  EXPECT_EQ(entry, "whole");
  EXPECT_EQ(source.name + source.variant + source.file, "saxpyrust" + path_);
  EXPECT_EQ(source.text, image.manifest);
  EXPECT_EQ(source.image, image.code);
  EXPECT_EQ(source.arguments, 4);
  EXPECT_FALSE(source.single_work_item);
  EXPECT_EQ(image.kernel("saxpy", "f32", tail).second, "tail");
  EXPECT_EQ(image.kernel("saxpy", "f32", {{"WIDTH", "1"}, {"GROUP", "256"}}).second, "tail")
      << "one that is right for tails is so without";
}

TEST_F(Images, ATaskTakesAnyGroup) {
  const Image image = made();
  const Defines any{{"REAL", "double"}, {"WIDTH", "1"}, {"GROUP", "1024"}, {"TAIL", "1"}};

  const auto [source, entry] = image.kernel("saxpy", "f64", any);

  EXPECT_EQ(entry, "task");
  EXPECT_TRUE(source.single_work_item);
  EXPECT_EQ(image.kernel("counter", "", {}).second, "counter");
}

TEST_F(Images, WhatItHasNotIsSkippedWithWhatItHas) {
  const Image image = made();
  const auto why = [&](const char* name, const char* dtype, const Defines& defines) {
    try {
      return "found " + image.kernel(name, dtype, defines).second;
    } catch (const Skip& skip) {
      return std::string(skip.what());
    }
  };
  const std::string has =
      ", only whole (WIDTH=4 GROUP=256, whole groups only), tail (WIDTH=1 GROUP=256)";

  for (const auto& [defines, words] : std::vector<std::pair<Defines, std::string>>{
           {{{"WIDTH", "4"}, {"GROUP", "256"}, {"TAIL", "1"}}, "WIDTH=4 GROUP=256 TAIL=1"},
           {{{"WIDTH", "2"}, {"GROUP", "256"}}, "WIDTH=2 GROUP=256"},
           {{{"WIDTH", "4"}, {"GROUP", "128"}}, "WIDTH=4 GROUP=128"},
           {{{"WIDTH", "4"}, {"GROUP", "256"}, {"ROWS", "4"}}, "WIDTH=4 GROUP=256 ROWS=4"},
           {{{"WIDTH", "4"}}, "WIDTH=4"}})
    EXPECT_EQ(why("saxpy", "f32", defines),
              "image " + path_ + " has no saxpy for f32 with " + words + has);
  EXPECT_EQ(why("triad", "f32", {}), "image " + path_ + " has no kernel triad for f32");
  EXPECT_TRUE(image.offers("saxpy", "f32") && image.offers("counter", ""));
  EXPECT_FALSE(image.offers("triad", "f32"));
}

TEST_F(Images, ThePackedOneComesOutTheSame) {
  const Image image = made();
  const std::string bytes = pack_image(image);

  const Image out = unpack_image(bytes);

  EXPECT_EQ(out.path, image.path);
  EXPECT_EQ(out.manifest, image.manifest);
  EXPECT_EQ(out.code->bytes, image.code->bytes);
  EXPECT_EQ(out.code->sha256, image.code->sha256);
  EXPECT_EQ(out.code->format, "ptx");
  EXPECT_EQ(out.kernel("counter", "", {}).second, "counter");
}

TEST_F(Images, OfACutMessageNothingIsTaken) {
  const std::string bytes = pack_image(made());
  for (std::size_t kept = 0; kept < bytes.size(); kept += kept < 64 ? 1 : 97)
    EXPECT_THROW(unpack_image(std::string_view(bytes).substr(0, kept)), Error) << kept;
  EXPECT_THROW(unpack_image(std::string_view(bytes).substr(0, bytes.size() - 1)), Error);
}

DeviceInfo card(const std::string& backend, int major, int minor) {
  DeviceInfo info;
  info.backend = backend;
  info.name = "Card";
  info.cc_major = major;
  info.cc_minor = minor;
  return info;
}

std::string misfit(const Image& image, const DeviceInfo& info) {
  try {
    check_fits(image, info);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST_F(Images, PtxNeedsACardOfItsArchitectureOrLater) {
  const Image image = made("ptx", "sm_90");
  const std::string no = "made for sm_90, and Card is sm_";

  EXPECT_EQ(misfit(image, card("cuda", 9, 0)), "");
  EXPECT_EQ(misfit(image, card("cuda", 12, 0)), "");
  EXPECT_TRUE(starts(misfit(image, card("cuda", 8, 9)), front() + no + "89"));
  EXPECT_TRUE(starts(misfit(image, card("opencl", 8, 0)), front() + no + "80"));
  EXPECT_TRUE(image.fits(card("opencl", 8, 0)));
  EXPECT_FALSE(image.fits(card("opencl", -1, -1))) << "PoCL takes no PTX";
}

TEST_F(Images, PtxForOneArchitectureAloneRunsOnNoLaterCard) {
  const Image image = made("ptx", "sm_90a");
  const std::string alone = "made for sm_90a, which runs on sm_90 alone, and Card is sm_";

  EXPECT_EQ(misfit(image, card("cuda", 9, 0)), "");
  EXPECT_EQ(misfit(image, card("opencl", 9, 0)), "");
  for (const auto& [major, minor] : {std::pair(10, 0), std::pair(12, 1)})
    for (const char* api : {"cuda", "opencl"})
      EXPECT_EQ(misfit(image, card(api, major, minor)),
                front() + alone + std::to_string(10 * major + minor) +
                    ": make it with -C target-cpu=sm_90");
  EXPECT_TRUE(starts(misfit(image, card("cuda", 8, 9)), front() + "made for sm_90a, and Card"));
}

TEST_F(Images, PtxForAFamilyRunsOnLaterCardsOfItsMajorAlone) {
  about_["language"] = "cuda";
  const Image image = made("ptx", "sm_100f");

  EXPECT_EQ(misfit(image, card("cuda", 10, 0)), "");
  EXPECT_EQ(misfit(image, card("cuda", 10, 3)), "");
  EXPECT_EQ(misfit(image, card("cuda", 12, 0)),
            front() + "made for sm_100f, which runs on capability 10.x alone, and Card is sm_120: "
                      "build it for sm_100");
  EXPECT_TRUE(starts(misfit(image, card("cuda", 9, 0)), front() + "made for sm_100f, and Card"));
}

TEST_F(Images, ACubinNeedsACardOfItsGeneration) {
  const Image image = made("cubin", "sm_86");

  EXPECT_EQ(misfit(image, card("cuda", 8, 6)), "");
  EXPECT_EQ(misfit(image, card("cuda", 8, 9)), "");
  EXPECT_EQ(misfit(image, card("cuda", 9, 0)),
            front() + "machine code for sm_86 does not run on Card (sm_90)");
  EXPECT_TRUE(
      starts(misfit(image, card("cuda", 8, 0)), front() + "made for sm_86, and Card is sm_80"));
  EXPECT_FALSE(image.fits(card("opencl", 8, 6)));
}

TEST_F(Images, ACubinForOneArchitectureAloneRunsOnNoOther) {
  about_["language"] = "cuda";
  const Image image = made("cubin", "sm_100a");

  EXPECT_EQ(misfit(image, card("cuda", 10, 0)), "");
  EXPECT_EQ(misfit(image, card("cuda", 10, 3)),
            front() + "made for sm_100a, which runs on sm_100 alone, and Card is sm_103: build it "
                      "for sm_103");
}

TEST(Committed, TheRustImageIsWhatItsManifestSays) {
  const Image image = read_image(RUST_KERNELS "/kernels.ptx");

  EXPECT_EQ(image.variant(), "rust");
  for (const char* dtype : {"f32", "f64"}) EXPECT_TRUE(image.offers("gemm", dtype));
}

TEST(Signature, IsThatOfTheEmbeddedKernels) {
  using Types = std::vector<std::string>;
  EXPECT_EQ(portable_signature("saxpy"), (Types{"u64", "real", "buffer", "buffer"}));
  EXPECT_EQ(portable_signature("gemm"), (Types{"u64", "u64", "u64", "buffer", "buffer", "buffer"}));
  EXPECT_EQ(portable_signature("fma_peak"), (Types{"u64", "real", "real", "buffer"}));
  EXPECT_EQ(portable_signature("data_grid"), (Types{"u64", "u64", "buffer"}));
  EXPECT_EQ(portable_signature("sax"), Types{});
  EXPECT_EQ(portable_signature(""), Types{});
}

}  // namespace
}  // namespace cardwise::image_tests
