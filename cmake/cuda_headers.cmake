# SPDX-License-Identifier: Apache-2.0
# Finds cuda.h, nvrtc.h and nvml.h; without them the CUDA backend (or the sensors) is left out.
set(roots ${CARDWISE_CUDA_ROOT} $ENV{CUDA_HOME} $ENV{CUDA_PATH} /usr/local/cuda
          ${CMAKE_SOURCE_DIR}/build/cuda)
find_path(CARDWISE_CUDA_INCLUDE cuda.h HINTS ${roots} PATH_SUFFIXES include NO_DEFAULT_PATH)
find_path(CARDWISE_CUDA_INCLUDE cuda.h)
find_path(CARDWISE_NVRTC_INCLUDE nvrtc.h HINTS ${roots} PATH_SUFFIXES include)
find_path(CARDWISE_NVML_INCLUDE nvml.h HINTS ${roots} PATH_SUFFIXES include)

set(CARDWISE_LEFT_OUT)
set(CARDWISE_CUDA_INCLUDES)
set(CARDWISE_DEVICE_DEFINITIONS)
# linux/cuda.h and hwloc/cuda.h are other files: find_path only takes the driver's own.
if(CARDWISE_CUDA_INCLUDE AND CARDWISE_NVRTC_INCLUDE)
  set(CARDWISE_HAVE_CUDA TRUE)
  list(APPEND CARDWISE_CUDA_INCLUDES ${CARDWISE_CUDA_INCLUDE} ${CARDWISE_NVRTC_INCLUDE})
  list(APPEND CARDWISE_LEFT_OUT "/device/cuda/absent[.]cpp$")
  get_filename_component(root ${CARDWISE_NVRTC_INCLUDE} DIRECTORY)
  find_path(CARDWISE_NVRTC_LIB_DIR NAMES libnvrtc.so libnvrtc.so.13 libnvrtc.so.12
            HINTS ${root}/lib64 ${root}/lib ${roots} PATH_SUFFIXES lib64 lib)
  if(CARDWISE_NVRTC_LIB_DIR)
    list(APPEND CARDWISE_DEVICE_DEFINITIONS CARDWISE_NVRTC_HINT="${CARDWISE_NVRTC_LIB_DIR}")
  endif()
  message(STATUS "cardwise: CUDA headers in ${CARDWISE_CUDA_INCLUDE}")
else()
  set(CARDWISE_HAVE_CUDA FALSE)
  list(APPEND CARDWISE_LEFT_OUT "/device/cuda/(a[^b]|[^a])[^/]*[.]cpp$")
  message(WARNING "cardwise: no cuda.h and nvrtc.h: built without the CUDA backend "
                  "(scripts/setup.sh fetches them)")
endif()
if(CARDWISE_NVML_INCLUDE)
  set(CARDWISE_HAVE_NVML TRUE)
  list(APPEND CARDWISE_CUDA_INCLUDES ${CARDWISE_NVML_INCLUDE})
  list(APPEND CARDWISE_LEFT_OUT "/device/telemetry/nvml_absent[.]cpp$")
else()
  set(CARDWISE_HAVE_NVML FALSE)
  list(APPEND CARDWISE_LEFT_OUT "/device/telemetry/nvml[.]cpp$")
  message(STATUS "cardwise: no nvml.h: built without sensors")
endif()
