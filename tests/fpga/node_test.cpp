// SPDX-License-Identifier: Apache-2.0
// The OpenCL backend on a card of OpenCL 1.0: the emulator dressed by layer/ (OPENCL_LAYERS), whose
// functions of later versions answer with an error.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "device/backends.hpp"
#include "device/device.hpp"

namespace cardwise {
namespace {

std::vector<DeviceInfo>& cards() {
  static std::vector<DeviceInfo> all = [] {
    std::vector<DeviceInfo> found = backend("opencl").list().devices;
    std::erase_if(found, [](const DeviceInfo& d) {
      return d.platform != "Intel(R) FPGA SDK for OpenCL(TM)";
    });
    return found;
  }();
  return all;
}

class Card : public testing::Test {
 protected:
  std::unique_ptr<Device> device = backend("opencl").open(cards().front(), WaitMode::spin);
  std::unique_ptr<Queue> queue = device->queue();

  std::vector<std::byte> contents(Buffer& memory) {
    std::vector<std::byte> bytes(memory.bytes());
    queue->read(bytes, memory);
    queue->wait();
    return bytes;
  }
};

TEST_F(Card, AFillOfSeveralPiecesReachesItsRangeAndNoMore) {
  constexpr std::size_t all = (std::size_t{5} << 19) + 24, first = 3, bytes = all - 13;
  const auto memory = device->allocate(all, Memory::device);
  queue->fill(*memory, 0x11, 0, all);

  queue->fill(*memory, 0x22, first, bytes);

  std::vector<std::byte> expected(all, std::byte{0x11});
  std::fill_n(expected.begin() + first, bytes, std::byte{0x22});
  EXPECT_TRUE(contents(*memory) == expected);
}

TEST_F(Card, AMarkStandsForTheEndWhereFewerCommandsCameThanExpected) {
  const auto memory = device->allocate(4096, Memory::device);
  const auto start = queue->mark();
  queue->expect_commands(9);
  queue->fill(*memory, 0x33, 0, 4096);
  queue->fill(*memory, 0x44, 0, 4096);

  const auto end = queue->mark();
  queue->wait();

  EXPECT_GE(device->elapsed_ns(*start, *end), 0);
  EXPECT_EQ(contents(*memory).back(), std::byte{0x44});
}

TEST_F(Card, PinnedMemoryIsTheHostsAloneAndBeginsAtAPage) {
  const auto card = device->allocate(8192, Memory::device);
  const auto host = device->allocate(8192, Memory::pinned);
  ASSERT_NE(host->host(), nullptr);
  std::fill_n(host->host(), 8192, std::byte{0x55});

  queue->write(*card, {host->host(), 8192});

  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(host->host()) % 4096, 0u);
  EXPECT_EQ(contents(*card), std::vector<std::byte>(8192, std::byte{0x55}));
}

TEST(Cards, AreTwoOfOneModelByTheirSuffixes) {
  ASSERT_EQ(cards().size(), 2u);
  EXPECT_EQ(cards()[0].name, cards()[1].name);
  EXPECT_EQ(cards()[0].board, "aclbitt_s10mx_pcie0");
  EXPECT_EQ(cards()[1].board, "aclbitt_s10mx_pcie1");
  EXPECT_FALSE(cards()[0].online_compiler);
}

}  // namespace
}  // namespace cardwise

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (cardwise::cards().empty()) {
    const char* required = std::getenv("CARDWISE_REQUIRE");
    std::puts("SKIPPED: no FPGA emulator, or the loader does not load OPENCL_LAYERS");
    const std::string_view all = required == nullptr ? "" : required;
    return all.find("fpga-emulator") != std::string_view::npos ? 1 : 77;
  }
  return RUN_ALL_TESTS();
}
