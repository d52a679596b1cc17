// SPDX-License-Identifier: Apache-2.0
// Images on disk: what was cut, changed, exchanged or is no file is refused, by name.
#include <fcntl.h>
#include <sys/stat.h>

#include "image_files.hpp"

namespace cardwise::image_tests {
namespace {

const char* const anew =
    ": it was cut off, changed or exchanged after it was made; copy image and manifest again, or "
    "make both anew";

TEST_F(Images, AGoodOneIsRead) {
  const Image image = made();

  EXPECT_EQ(image.path, path_);
  EXPECT_EQ(image.manifest, about_.dump());
  EXPECT_EQ(image.code->bytes.size(), code_.size());
  EXPECT_EQ(image.code->sha256, sha256_hex(code_));
  EXPECT_EQ(image.code->format, "ptx");
  EXPECT_EQ(image.variant(), "rust");
  EXPECT_FALSE(image.whole_card());
}

TEST_F(Images, WithoutAManifestItIsSaidHowToMakeOne) {
  make();
  fs::remove(path_ + ".json");
  EXPECT_TRUE(starts(refusal(), front() + "its manifest " + path_ + ".json is missing: "));
  fs::create_symlink("nowhere", path_ + ".json");
  EXPECT_TRUE(starts(refusal(), front() + "its manifest " + path_ + ".json is missing: "));
}

TEST_F(Images, AMissingImageIsNamed) {
  make();
  fs::remove(path_);
  EXPECT_EQ(refusal(), front() + "No such file or directory");
  EXPECT_EQ(refusal(""), "image : No such file or directory");
  fs::remove(path_ + ".json");
  EXPECT_EQ(refusal(), front() + "No such file or directory");
  write(path_, code_);
  EXPECT_EQ(refusal(path_ + "/x"), "image " + path_ + "/x.json: Not a directory");
}

TEST_F(Images, FoldersFifosAndDevicesAreRefusedWithoutWaiting) {
  for (const std::string end : {"", ".json"}) {
    make();
    const std::string place = path_ + end, begin = "image " + place + ": ";
    fs::remove(place);
    fs::create_directory(place);
    EXPECT_EQ(refusal(), begin + "it is a folder");
    fs::remove(place);
    ASSERT_EQ(mkfifo(place.c_str(), 0600), 0);
    EXPECT_EQ(refusal(), begin + "it is no regular file");
    fs::remove(place);
    fs::create_symlink("/dev/zero", place);
    EXPECT_EQ(refusal(), begin + "it is no regular file");
    fs::remove(place);
    fs::create_symlink(place, place);
    EXPECT_EQ(refusal(), begin + "Too many levels of symbolic links");
    fs::remove(place);
  }
}

TEST_F(Images, WhatMayNotBeReadIsNamed) {
  const uid_t mine = geteuid();
  for (const std::string end : {"", ".json"}) {
    make();
    fs::permissions(folder_, fs::perms(0755));
    fs::permissions(path_ + end, fs::perms::none);
    ASSERT_EQ(seteuid(mine == 0 ? 65534 : mine), 0);  // root may read everything
    const std::string message = refusal();
    ASSERT_EQ(seteuid(mine), 0);
    EXPECT_EQ(message, "image " + path_ + end + ": Permission denied");
  }
}

TEST_F(Images, OneByteLessMoreOrElseIsRefused) {
  make();
  const std::string size = std::to_string(code_.size());
  for (const std::size_t kept : {std::size_t{0}, std::size_t{1}, code_.size() - 1}) {
    write(path_, code_.substr(0, kept));
    EXPECT_EQ(refusal(),
              front() + std::to_string(kept) + " bytes, and its manifest says " + size + anew);
  }
  write(path_, code_ + "\n");
  EXPECT_EQ(refusal(), front() + std::to_string(code_.size() + 1) +
                           " bytes, and its manifest says " + size + anew);
  for (const std::size_t at : {std::size_t{0}, code_.size() / 2, code_.size() - 1}) {
    std::string flipped = code_;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    write(path_, flipped);
    EXPECT_EQ(refusal(), front() + "SHA-256 is " + sha256_hex(flipped).substr(0, 12) +
                             "…, and its manifest says " + sha256_hex(code_).substr(0, 12) + "…" +
                             anew);
  }
}

TEST_F(Images, ARenamedOneHasAnothersManifest) {
  make();
  const std::string other = (folder_ / "other.ptx").string();
  fs::rename(path_, other);
  fs::rename(path_ + ".json", other + ".json");
  EXPECT_EQ(refusal(other), "image " + other + ": its manifest is that of 'k.ptx'");
}

TEST_F(Images, AHugeManifestIsNotRead) {
  make();
  fs::resize_file(path_ + ".json", 5 << 20);
  EXPECT_EQ(refusal(), "image " + path_ + ".json: 5242880 bytes, and at most 4194304 make sense");
}

TEST_F(Images, LinksToFilesAreFollowed) {
  make();
  fs::create_directory(folder_ / "store");
  for (const std::string end : {"", ".json"}) {
    fs::rename(path_ + end, folder_ / "store" / ("1" + end));
    fs::create_symlink(folder_ / "store" / ("1" + end), path_ + end);
  }
  EXPECT_EQ(refusal(), "");
  fs::create_directory_symlink(folder_, folder_ / "link");
  EXPECT_EQ(refusal((folder_ / "link" / "k.ptx").string()), "");
}

TEST_F(Images, AnotherListOfArgumentsThanTheBenchmarksIsRefused) {
  const std::string wanted = "), and kernels of that name take (u64, f32, buffer, buffer)";
  Json& arguments = about_["kernels"][0]["arguments"];
  std::swap(arguments[0], arguments[1]);
  make();
  EXPECT_EQ(refusal(), front() + "kernel whole takes (f32, u64, buffer, buffer" + wanted);
  std::swap(arguments[0], arguments[1]);
  arguments[1]["type"] = "f64";
  make();
  EXPECT_EQ(refusal(), front() + "kernel whole takes (u64, f64, buffer, buffer" + wanted);
  arguments.erase(1);
  make();
  EXPECT_EQ(refusal(), front() + "kernel whole takes (u64, buffer, buffer" + wanted);
  about_["kernels"][0]["name"] = "saxpi";
  make();
  EXPECT_EQ(refusal(), front() + "kernel 'saxpi' is none of cardwise's");
}

}  // namespace
}  // namespace cardwise::image_tests
