// SPDX-License-Identifier: Apache-2.0
// Which cards CUDA shows, and how they are told apart.
#include <array>
#include <cstdio>
#include <fstream>

#include "cuda_test.hpp"

namespace cardwise::cuda_tests {
namespace {

// What the probe prints in an environment. A program of its own, since a driver reads its
// environment once, and OpenCL does not survive a fork.
std::string probe(const std::string& environment, const std::string& arguments = "") {
  const std::string command = "env " + environment + " " + CUDA_PROBE + " " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string text;
  std::array<char, 512> part;
  while (fgets(part.data(), part.size(), pipe) != nullptr) text += part.data();
  const int status = pclose(pipe);
  return status == 0 ? text : text + "exit status " + std::to_string(status);
}

class CudaCards : public CudaTest {
 protected:
  void SetUp() override {
    if (!on_double()) GTEST_SKIP() << "about the double's cards";
  }
  static std::string fixture(const std::string& json) {
    const std::string path = ::testing::TempDir() + "cuda_double_" +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                             ".json";
    std::ofstream(path) << json;
    return "CARDWISE_CUDA_DOUBLE=" + path;
  }
  static constexpr const char* first = "GPU-ca4d015e-0000-4000-8000-000000000000";
  static constexpr const char* second = "GPU-ca4d015e-0000-4000-8000-000000000001";
};

TEST_F(CudaCards, AreEmulatedAndDifferInUuidAndPciAddress) {
  const auto cards = list_cuda().devices;

  ASSERT_EQ(cards.size(), 2u);
  EXPECT_EQ(cards[0].uuid, first);
  EXPECT_EQ(cards[1].uuid, second);
  EXPECT_EQ(cards[0].pci_bus_id, "0000:17:00.0");
  EXPECT_EQ(cards[1].pci_bus_id, "0000:18:00.0");
  for (const DeviceInfo& info : cards) {
    EXPECT_EQ(info.backend, "cuda");
    EXPECT_EQ(info.device_class, DeviceClass::emulated);
    EXPECT_TRUE(info.emulated);
    EXPECT_EQ(info.cc_major, 9);
    EXPECT_EQ(info.max_group_size, 1024);
    EXPECT_EQ(info.mem_clock_mhz, -1) << "unknown must not be 0";
    EXPECT_GT(info.compute_units, 0);
    EXPECT_EQ(info.resolution_ns, 500);
    EXPECT_EQ(info.cuda_driver_version, 12000);
    EXPECT_EQ(info.nvrtc_version, "12.0");
    EXPECT_TRUE(info.online_compiler);
    EXPECT_EQ(info.pci_device_id, "");
  }
}

TEST_F(CudaCards, TwoAreOpenAtOnceAndKeepTheirMemoryApart) {
  const auto other = open_cuda(card(1), WaitMode::spin);
  const auto other_queue = other->queue();
  const auto other_memory = other->allocate(4, Memory::device);
  const auto memory = buffer(std::vector<int>{1});
  const std::vector<int> two{2};
  std::vector<int> seen(1);

  other_queue->write(*other_memory, std::as_bytes(std::span(two)));
  queue->fill(*memory, 0, 0, 4);
  other_queue->read(std::as_writable_bytes(std::span(seen)), *other_memory);
  other_queue->wait();

  EXPECT_EQ(contents<int>(*memory).front(), 0);
  EXPECT_EQ(seen.front(), 2);
}

TEST_F(CudaCards, OpenRefusesACardThatIsAnotherOrGone) {
  DeviceInfo swapped = card(0);
  swapped.index = 1;
  DeviceInfo gone = card(0);
  gone.index = 7;

  const Error other = error_of([&] { open_cuda(swapped, WaitMode::spin); });
  const Error none = error_of([&] { open_cuda(gone, WaitMode::spin); });

  EXPECT_EQ(std::string(other.what()), std::string("open CUDA device 1: it is ") + second +
                                           " at 0000:18:00.0, not " + first + " at 0000:17:00.0");
  EXPECT_STREQ(none.what(), "open CUDA device 7: 2 are visible");
}

TEST_F(CudaCards, OpensByItsAddressACardThatHasNoUuidOfItsOwn) {
  DeviceInfo nameless = card(1);
  nameless.uuid.clear();  // two cards showed the same one: merge_cards drops it
  EXPECT_NO_THROW(open_cuda(nameless, WaitMode::spin));

  nameless.index = 0;
  EXPECT_THROW(open_cuda(nameless, WaitMode::spin), Error);
}

TEST_F(CudaCards, VisibleDevicesAreReordered) {
  const std::string seen = probe("CARDWISE_CUDA_DOUBLE_DEVICES=3 CUDA_VISIBLE_DEVICES=2,0");

  EXPECT_TRUE(contains(seen, "0 GPU-ca4d015e-0000-4000-8000-000000000002 0000:19:00.0")) << seen;
  EXPECT_TRUE(contains(seen, std::string("1 ") + first)) << seen;
  EXPECT_FALSE(contains(seen, second)) << seen;
}

TEST_F(CudaCards, VisibleDevicesAreUuidsOrTheirBeginnings) {
  const std::string whole = probe(std::string("CUDA_VISIBLE_DEVICES=") + second);
  const std::string start = probe("CUDA_VISIBLE_DEVICES=GPU-ca4d");

  EXPECT_TRUE(contains(whole, std::string("0 ") + second)) << whole;
  EXPECT_TRUE(contains(start, std::string("0 ") + first)) << start;
}

TEST_F(CudaCards, AnEntryThatIsNoCardHidesThoseBehindIt) {
  const std::string seen = probe("CUDA_VISIBLE_DEVICES=1,9,0");

  EXPECT_TRUE(contains(seen, std::string("0 ") + second)) << seen;
  EXPECT_FALSE(contains(seen, first)) << seen;
}

TEST_F(CudaCards, NoVisibleDeviceIsNoCardAndTheReasonIsKnown) {
  const std::string seen = probe("CUDA_VISIBLE_DEVICES=");

  EXPECT_TRUE(contains(seen, "none: cuInit: CUDA_ERROR_NO_DEVICE")) << seen;
}

TEST_F(CudaCards, WithoutADriverThereIsNoCardAndTheReasonIsKnown) {
  const std::string seen = probe("CARDWISE_CUDA_LIBRARY=/nowhere/libcuda.so.1");

  EXPECT_TRUE(contains(seen, "none: /nowhere/libcuda.so.1: cannot open")) << seen;
  EXPECT_TRUE(contains(seen, "version: \n")) << seen;
}

TEST_F(CudaCards, WithoutNvrtcCardsAreListedAndOnlyCompilingFails) {
  const std::string seen = probe("CARDWISE_NVRTC_LIBRARY=/nowhere/libnvrtc.so", "run");

  EXPECT_TRUE(contains(seen, std::string("0 ") + first)) << seen;
  EXPECT_TRUE(contains(seen, "error: /nowhere/libnvrtc.so: cannot open")) << seen;
  EXPECT_TRUE(contains(seen, "version: driver API 12.0\n")) << seen;
}

TEST_F(CudaCards, ASliceOfACardIsNamedMig) {
  const std::string seen =
      probe(fixture(R"([{"uuid": "MIG-01234567-89AB-cdef-0123-456789abcdef",
                         "name": "NVIDIA A100-SXM4-40GB MIG 1g.5gb", "pci": "0000:C1:00.0",
                         "memory_bytes": 123456789, "compute_capability": [8, 0]}])"),
            "run");

  EXPECT_TRUE(contains(seen,
                       "0 MIG-01234567-89ab-cdef-0123-456789abcdef 0000:c1:00.0 8.0 123456789 "
                       "emulated NVIDIA A100-SXM4-40GB MIG 1g.5gb\n"))
      << seen;
  EXPECT_TRUE(contains(seen, "five = 5\n")) << seen;
}

TEST_F(CudaCards, ACardNewerThanNvrtcGetsPtx) {
  const std::string seen = probe(fixture(R"([{"compute_capability": [12, 0]}])"), "run");

  EXPECT_TRUE(contains(seen, "five = 5\n")) << seen;
}

TEST_F(CudaCards, ACardOlderThanNvrtcIsRefusedByName) {
  const std::string seen = probe(fixture(R"([{"compute_capability": [7, 0]}])"), "run");

  EXPECT_TRUE(contains(seen,
                       "error: compile kernels/saxpy.cl: NVRTC 12.0 does not know sm_70 "
                       "(it knows 80 90)"))
      << seen;
}

TEST_F(CudaCards, TheDoubleRefusesTheRealCompilersCodeAndSaysWhy) {
  // env -u: without the double of NVRTC the backend finds the real one, if there is one.
  const std::string seen = probe("-u CARDWISE_NVRTC_LIBRARY", "run");
  if (contains(seen, "libnvrtc.so: cannot open")) GTEST_SKIP() << "no NVRTC";

  EXPECT_TRUE(contains(seen, "error: load kernels/saxpy.cl on cardwise CUDA double")) << seen;
  EXPECT_TRUE(contains(seen, "CUDA_ERROR_NO_BINARY_FOR_GPU\ncuda double: not made by")) << seen;
}

}  // namespace
}  // namespace cardwise::cuda_tests
