// SPDX-License-Identifier: Apache-2.0
// Memory through CUDA: what is written is read, copied and filled as asked.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "cuda_test.hpp"

namespace cardwise::cuda_tests {
namespace {

class CudaMemory : public CudaTest {};

std::vector<int> counting(int n) {
  std::vector<int> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1);
  return values;
}

TEST_F(CudaMemory, ReadsWhatWasWritten) {
  const auto memory = buffer(counting(1000));

  EXPECT_EQ(contents<int>(*memory), counting(1000));
  EXPECT_EQ(memory->bytes(), 4000u);
  EXPECT_EQ(memory->host(), nullptr);
}

TEST_F(CudaMemory, WritesAndReadsAtAnOffset) {
  const auto memory = buffer(std::vector<int>{1, 2, 3, 4});
  const std::vector<int> new_ones{7, 8};
  std::vector<int> last(1);

  queue->write(*memory, std::as_bytes(std::span(new_ones)), 4);
  queue->read(std::as_writable_bytes(std::span(last)), *memory, 12);
  queue->wait();

  EXPECT_EQ(contents<int>(*memory), (std::vector<int>{1, 7, 8, 4}));
  EXPECT_EQ(last.front(), 4);
}

TEST_F(CudaMemory, CopiesOnTheCard) {
  const auto from = buffer(counting(5));
  const auto to = buffer(std::vector<int>(5));

  queue->copy(*to, *from, 12);

  EXPECT_EQ(contents<int>(*to), (std::vector<int>{1, 2, 3, 0, 0}));
}

TEST_F(CudaMemory, PinnedMemoryHasAHostAddressAndTravelsBothWays) {
  const auto pinned = device->allocate(400, Memory::pinned);
  ASSERT_NE(pinned->host(), nullptr);
  const std::vector<int> values = counting(100);
  std::memcpy(pinned->host(), values.data(), 400);
  const auto card_memory = device_memory(400);
  const auto back = device->allocate(400, Memory::pinned);

  queue->copy(*card_memory, *pinned, 400);
  queue->copy(*back, *card_memory, 400);
  queue->wait();

  EXPECT_EQ(std::memcmp(back->host(), values.data(), 400), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pinned->host()) % 4096, 0u);
}

TEST_F(CudaMemory, PinnedMemoryIsWrittenReadFilledAndCopiedInTheQueuesOrder) {
  const auto first = device->allocate(16, Memory::pinned);
  const auto second = device->allocate(16, Memory::pinned);
  const std::vector<int> values = counting(4);
  std::vector<int> seen(4);

  queue->fill(*first, 0, 0, 16);
  queue->write(*first, std::as_bytes(std::span(values)).first(8));
  queue->copy(*second, *first, 16);
  queue->read(std::as_writable_bytes(std::span(seen)), *second);
  queue->wait();

  EXPECT_EQ(seen, (std::vector<int>{1, 2, 0, 0}));
}

TEST_F(CudaMemory, FillsARangeOnly) {
  const auto memory = buffer(std::vector<int>(4));

  queue->fill(*memory, 0xff, 4, 8);

  EXPECT_EQ(contents<int>(*memory), (std::vector<int>{0, -1, -1, 0}));
}

TEST_F(CudaMemory, RefusesWhatLiesOutsideTheBuffer) {
  const auto memory = buffer(std::vector<int>(4));
  const auto larger = buffer(std::vector<int>(8));
  std::vector<std::byte> host(16);

  const Error error = error_of([&] { queue->write(*memory, host, 4); });
  EXPECT_TRUE(contains(error.what(), "16 bytes at 4 of a buffer of 16 bytes")) << error.what();
  EXPECT_THROW(queue->read(host, *memory, 1), Error);
  EXPECT_THROW(queue->copy(*memory, *larger, 32), Error);
  EXPECT_THROW(queue->copy(*larger, *memory, 32), Error);
  EXPECT_THROW(queue->fill(*memory, 0, 16, 1), Error);
  EXPECT_NO_THROW(queue->fill(*memory, 0, 16, 0));
}

TEST_F(CudaMemory, OutOfMemoryNamesSizeAndCard) {
  const Error error = error_of([&] { device_memory(std::size_t{1} << 42); });

  EXPECT_TRUE(contains(error.what(), "cuMemAlloc 4 TiB on ")) << error.what();
  EXPECT_TRUE(contains(error.what(), device->info().uuid)) << error.what();
  EXPECT_TRUE(contains(error.what(), ": CUDA_ERROR_OUT_OF_MEMORY")) << error.what();
  EXPECT_FALSE(error.device_lost);
}

TEST_F(CudaMemory, GivesMemoryBack) {
  const std::int64_t half = device->info().memory_bytes / 2;

  for (int i = 0; i < 4; ++i) {
    EXPECT_NO_THROW(device_memory(static_cast<std::size_t>(half)));
  }
  const auto held = device_memory(static_cast<std::size_t>(half));

  EXPECT_THROW(device_memory(static_cast<std::size_t>(half) + 1), Error);
}

TEST_F(CudaMemory, FreeMemoryIsKnownOfAnOpenCardOnly) {
  EXPECT_GT(device->info().memory_free_bytes, 0);
  EXPECT_LE(device->info().memory_free_bytes, device->info().memory_bytes);
  EXPECT_EQ(card().memory_free_bytes, -1);
}

TEST_F(CudaMemory, OutlivesItsDevice) {
  auto memory = buffer(std::vector<int>{42});

  device.reset();

  EXPECT_EQ(contents<int>(*memory).front(), 42);
  memory.reset();
  queue.reset();
  EXPECT_NO_THROW(open_cuda(card(), WaitMode::spin));
}

}  // namespace
}  // namespace cardwise::cuda_tests
