// SPDX-License-Identifier: Apache-2.0
// The one list of the CUDA driver's functions that cardwise calls.
#pragma once

// X(member, exported symbol). The symbols are those that both CUDA 12 and CUDA 13 drivers export;
// cuda.h renames functions by macro (CUDA 13: cuEventElapsedTime to cuEventElapsedTime_v2, which
// older drivers lack), so the name looked up is the one written here, never what a macro makes of
// it. CUDA 11.4 is the oldest driver with all of them.
#define CARDWISE_CUDA_DRIVER_FUNCTIONS(X)                       \
  X(init, cuInit)                                               \
  X(driver_get_version, cuDriverGetVersion)                     \
  X(get_error_name, cuGetErrorName)                             \
  X(get_error_string, cuGetErrorString)                         \
  X(device_get_count, cuDeviceGetCount)                         \
  X(device_get, cuDeviceGet)                                    \
  X(device_get_name, cuDeviceGetName)                           \
  X(device_get_physical_uuid, cuDeviceGetUuid)                  \
  X(device_get_uuid, cuDeviceGetUuid_v2)                        \
  X(device_get_pci_bus_id, cuDeviceGetPCIBusId)                 \
  X(device_total_mem, cuDeviceTotalMem_v2)                      \
  X(device_get_attribute, cuDeviceGetAttribute)                 \
  X(device_primary_ctx_set_flags, cuDevicePrimaryCtxSetFlags_v2) \
  X(device_primary_ctx_retain, cuDevicePrimaryCtxRetain)        \
  X(device_primary_ctx_release, cuDevicePrimaryCtxRelease_v2)   \
  X(ctx_set_current, cuCtxSetCurrent)                           \
  X(mem_get_info, cuMemGetInfo_v2)                              \
  X(mem_alloc, cuMemAlloc_v2)                                   \
  X(mem_free, cuMemFree_v2)                                     \
  X(mem_host_alloc, cuMemHostAlloc)                             \
  X(mem_free_host, cuMemFreeHost)                               \
  X(memcpy_async, cuMemcpyAsync)                                \
  X(memcpy_host_to_device, cuMemcpyHtoDAsync_v2)                \
  X(memcpy_device_to_host, cuMemcpyDtoHAsync_v2)                \
  X(memcpy_device_to_device, cuMemcpyDtoDAsync_v2)              \
  X(memset_bytes, cuMemsetD8Async)                              \
  X(stream_create, cuStreamCreate)                              \
  X(stream_destroy, cuStreamDestroy_v2)                         \
  X(stream_synchronize, cuStreamSynchronize)                    \
  X(event_create, cuEventCreate)                                \
  X(event_record, cuEventRecord)                                \
  X(event_destroy, cuEventDestroy_v2)                           \
  X(event_elapsed_time, cuEventElapsedTime)                     \
  X(module_load_data, cuModuleLoadDataEx)                       \
  X(module_unload, cuModuleUnload)                              \
  X(module_get_function, cuModuleGetFunction)                   \
  X(launch_kernel, cuLaunchKernel)

// The same for NVRTC; 11.2 is the oldest with all of them.
#define CARDWISE_NVRTC_FUNCTIONS(X)                  \
  X(version, nvrtcVersion)                           \
  X(get_error_string, nvrtcGetErrorString)           \
  X(get_num_supported_archs, nvrtcGetNumSupportedArchs) \
  X(get_supported_archs, nvrtcGetSupportedArchs)     \
  X(create_program, nvrtcCreateProgram)              \
  X(destroy_program, nvrtcDestroyProgram)            \
  X(compile_program, nvrtcCompileProgram)            \
  X(get_program_log_size, nvrtcGetProgramLogSize)    \
  X(get_program_log, nvrtcGetProgramLog)             \
  X(get_cubin_size, nvrtcGetCUBINSize)               \
  X(get_cubin, nvrtcGetCUBIN)                        \
  X(get_ptx_size, nvrtcGetPTXSize)                   \
  X(get_ptx, nvrtcGetPTX)
