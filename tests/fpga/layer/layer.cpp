// SPDX-License-Identifier: Apache-2.0
// A test double: an OpenCL layer (OPENCL_LAYERS) that dresses Intel's emulator as a node with two
// BittWare 520N-MX, as MeluXina's documentation and Intel's open runtime describe one: names,
// OpenCL 1.0, no compiler. CARDWISE_FPGA_NODE=FILE[,emulator-first] names the journal; with the
// second word the emulator's platform stays in the list, before the cards'. The cards are the last
// two devices of the emulator.
#include <algorithm>
#include <vector>

#include "node.hpp"

namespace fpga_node {
namespace {

/// The cards' platform is a handle of ours; it never gets below.
cl_platform_id ours() {
  static char place;
  return reinterpret_cast<cl_platform_id>(&place);
}

std::string text_of(cl_platform_id platform, cl_platform_info what) {
  char text[256] = "";
  below->clGetPlatformInfo(platform, what, sizeof text, text, nullptr);
  return text;
}

std::vector<cl_device_id> devices_below(cl_platform_id platform) {
  cl_uint count = 0;
  below->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count);
  std::vector<cl_device_id> devices(count);
  if (count > 0)
    below->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, devices.data(), nullptr);
  return devices;
}

/// The emulator's platform below, and the last of its devices, which are the cards.
cl_platform_id emulator() {
  const std::lock_guard lock(node().mutex);
  if (node().emulator != nullptr) return node().emulator;
  cl_uint count = 0;
  below->clGetPlatformIDs(0, nullptr, &count);
  std::vector<cl_platform_id> platforms(count);
  if (count > 0) below->clGetPlatformIDs(count, platforms.data(), nullptr);
  for (cl_platform_id platform : platforms) {
    if (text_of(platform, CL_PLATFORM_NAME) != emulator_platform) continue;
    node().emulator = platform;
    const std::vector<cl_device_id> devices = devices_below(platform);
    const std::size_t number = std::min<std::size_t>(cards, devices.size());
    for (std::size_t i = 0; i < number; ++i)
      node().places.emplace(devices[devices.size() - number + i], int(i));
  }
  return node().emulator;
}

int place_of(cl_device_id device) {
  const std::lock_guard lock(node().mutex);
  const auto found = node().places.find(device);
  return found == node().places.end() ? -1 : found->second;
}

template <class Handle>
cl_int give_list(const std::vector<Handle>& all, cl_uint count, Handle* to, cl_uint* given) {
  if (given != nullptr) *given = cl_uint(all.size());
  if (to != nullptr) std::copy_n(all.begin(), std::min<std::size_t>(count, all.size()), to);
  return CL_SUCCESS;
}

cl_int CL_API_CALL platform_ids(cl_uint count, cl_platform_id* to, cl_uint* given) {
  cl_uint found = 0;
  const cl_int code = below->clGetPlatformIDs(0, nullptr, &found);
  if (code != CL_SUCCESS || emulator() == nullptr) return below->clGetPlatformIDs(count, to, given);
  std::vector<cl_platform_id> all(found);
  below->clGetPlatformIDs(found, all.data(), nullptr);
  std::erase(all, emulator());
  all.insert(all.begin(), ours());
  if (node().emulator_first) all.insert(all.begin(), emulator());
  note_once("the node is dressed");
  return give_list(all, count, to, given);
}

cl_int CL_API_CALL platform_info(cl_platform_id platform, cl_platform_info what, std::size_t size,
                                 void* value, std::size_t* given) {
  if (platform != ours()) return below->clGetPlatformInfo(platform, what, size, value, given);
  if (what == CL_PLATFORM_PROFILE) return give("EMBEDDED_PROFILE", size, value, given);
  if (what == CL_PLATFORM_VERSION)
    return give("OpenCL 1.0 Intel(R) FPGA SDK for OpenCL(TM), Version 20.4", size, value, given);
  if (what == CL_PLATFORM_NAME) return give(card_platform, size, value, given);
  if (what == CL_PLATFORM_VENDOR) return give("Intel(R) Corporation", size, value, given);
  if (what == CL_PLATFORM_EXTENSIONS)
    return give("cl_khr_byte_addressable_store cl_khr_fp64", size, value, given);
  return CL_INVALID_VALUE;
}

cl_int CL_API_CALL device_ids(cl_platform_id platform, cl_device_type type, cl_uint count,
                              cl_device_id* to, cl_uint* given) {
  const bool dressed = platform == ours();
  if (!dressed && platform != emulator())
    return below->clGetDeviceIDs(platform, type, count, to, given);
  std::vector<cl_device_id> all;
  const auto any = cl_device_type(CL_DEVICE_TYPE_ACCELERATOR | CL_DEVICE_TYPE_DEFAULT);
  if (type == CL_DEVICE_TYPE_ALL || (type & any) != 0)
    for (cl_device_id device : devices_below(emulator()))
      if (is_card(device) == dressed) all.push_back(device);
  if (all.empty()) return CL_DEVICE_NOT_FOUND;
  return give_list(all, count, to, given);
}

cl_int CL_API_CALL device_info(cl_device_id device, cl_device_info what, std::size_t size,
                               void* value, std::size_t* given) {
  const int place = place_of(device);
  if (place < 0) return below->clGetDeviceInfo(device, what, size, value, given);
  if (what == CL_DEVICE_NAME)
    return give(
        "p520_hpc_m210h_g3x16 : BittWare Stratix 10 MX OpenCL platform (aclbitt_s10mx_pcie" +
            std::to_string(place) + ")",
        size, value, given);
  if (what == CL_DEVICE_VENDOR) return give("BittWare", size, value, given);
  if (what == CL_DEVICE_VERSION)
    return give("OpenCL 1.0 Intel(R) FPGA SDK for OpenCL(TM), Version 20.4", size, value, given);
  if (what == CL_DRIVER_VERSION) return give("20.4", size, value, given);
  if (what == CL_DEVICE_PROFILE) return give("EMBEDDED_PROFILE", size, value, given);
  if (what == CL_DEVICE_PLATFORM) {
    cl_platform_id platform = ours();
    return give(&platform, sizeof(cl_platform_id), size, value, given);
  }
  if (what == CL_DEVICE_COMPILER_AVAILABLE) {
    const cl_bool none = CL_FALSE;
    return give(&none, sizeof none, size, value, given);
  }
  constexpr cl_device_info last = 0x1033;  // CL_DEVICE_HALF_FP_CONFIG; 1.1 begins behind it
  if (what > last) {
    note_once("query beyond OpenCL 1.0: " + std::to_string(what));
    return CL_INVALID_VALUE;
  }
  return below->clGetDeviceInfo(device, what, size, value, given);
}

/// Our platform's handle is unknown below.
std::vector<cl_context_properties> translated(const cl_context_properties* properties) {
  std::vector<cl_context_properties> all;
  for (; properties != nullptr && *properties != 0; properties += 2) {
    const bool is_ours = properties[0] == CL_CONTEXT_PLATFORM &&
                         properties[1] == reinterpret_cast<cl_context_properties>(ours());
    all.push_back(properties[0]);
    all.push_back(is_ours ? reinterpret_cast<cl_context_properties>(emulator()) : properties[1]);
  }
  all.push_back(0);
  return all;
}

cl_context CL_API_CALL create_context(
    const cl_context_properties* properties, cl_uint count, const cl_device_id* devices,
    void(CL_CALLBACK* notify)(const char*, const void*, size_t, void*), void* user, cl_int* code) {
  const std::vector<cl_context_properties> known = translated(properties);
  cl_context context = below->clCreateContext(properties == nullptr ? nullptr : known.data(), count,
                                              devices, notify, user, code);
  if (context == nullptr || count == 0 || !is_card(devices[0])) return context;
  if (count > 1) note_once("a context of several cards");
  note_once(notify == nullptr ? "a context that hears nothing" : "a context that hears");
  const std::lock_guard lock(node().mutex);
  node().listeners[context] = {.notify = notify, .user = user};
  return context;
}

}  // namespace
}  // namespace fpga_node

using namespace fpga_node;

const char* const opencl_layer::name = "cardwise test double: a node with two FPGA cards";

void opencl_layer::put(cl_icd_dispatch& table) {
  put_refusals(table);
  put_memory(table);
  table.clGetPlatformIDs = platform_ids;
  table.clGetPlatformInfo = platform_info;
  table.clGetDeviceIDs = device_ids;
  table.clGetDeviceInfo = device_info;
  table.clCreateContext = create_context;
}
