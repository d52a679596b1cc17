// SPDX-License-Identifier: Apache-2.0
// CUDA (its double) and OpenCL side by side in one process.
#include "cuda_test.hpp"

namespace cardwise::cuda_tests {
namespace {

std::vector<float> saxpy_through(const Backend& api, const DeviceInfo& info) {
  const auto device = api.open(info, WaitMode::spin);
  const auto queue = device->queue();
  const auto saxpy =
      device->load(portable_kernel("saxpy"), "cw_saxpy",
                   {{"REAL", "float"}, {"WIDTH", "4"}, {"GROUP", "64"}, {"TAIL", "0"}});
  std::vector<float> x(4096), y(4096);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 1.0F / static_cast<float>(i + 1);
    y[i] = static_cast<float>(i) / 3;
  }
  const auto x_memory = device->allocate(x.size() * 4, Memory::device);
  const auto y_memory = device->allocate(y.size() * 4, Memory::device);
  queue->write(*x_memory, std::as_bytes(std::span(x)));
  queue->write(*y_memory, std::as_bytes(std::span(y)));
  queue->launch(*saxpy, {.global = {1024, 1, 1}, .group = {64, 1, 1}},
                {std::uint64_t{4096}, 0.7F, *x_memory, *y_memory});
  queue->read(std::as_writable_bytes(std::span(y)), *y_memory);
  queue->wait();
  return y;
}

TEST(BothApis, GiveTheSameBitsInOneProcess) {
  const Found opencl = backend("opencl").list();
  if (opencl.devices.empty()) GTEST_SKIP() << "no OpenCL card: " << opencl.why_none;

  const auto by_cuda = saxpy_through(backend("cuda"), backend("cuda").list().devices.at(0));
  const auto by_opencl = saxpy_through(backend("opencl"), opencl.devices.front());

  EXPECT_EQ(by_cuda, by_opencl);
}

}  // namespace
}  // namespace cardwise::cuda_tests
