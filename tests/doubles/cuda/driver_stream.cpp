// SPDX-License-Identifier: Apache-2.0
// The CUDA double's driver: streams and events. Event times are PoCL's own stamps.
#include <memory>

#include "state.hpp"

// cuda.h renames it; this is the name that drivers export.
#undef cuEventElapsedTime

using namespace cuda_double;

EXPORT CUresult cuStreamCreate(CUstream* stream, unsigned) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  const cl_queue_properties properties[] = {CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, 0};
  cl_int made = CL_SUCCESS;
  cl_command_queue queue =
      clCreateCommandQueueWithProperties(pocl()->context, pocl()->device, properties, &made);
  if (made != CL_SUCCESS) return CUDA_ERROR_UNKNOWN;
  *stream = new CUstream_st{card, queue};
  card->streams.insert(*stream);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamDestroy_v2(CUstream stream) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  if (stream == nullptr || card->streams.erase(stream) == 0) return CUDA_ERROR_INVALID_HANDLE;
  clFinish(stream->queue);
  clReleaseCommandQueue(stream->queue);
  delete stream;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuStreamSynchronize(CUstream stream) {
  cl_command_queue queue = nullptr;
  {
    const std::lock_guard lock(state().mutex);
    CUresult code = CUDA_SUCCESS;
    Card* card = current_card(code);
    if (card == nullptr) return code;
    if (stream == nullptr || card->streams.count(stream) == 0) return CUDA_ERROR_INVALID_HANDLE;
    queue = stream->queue;
  }
  // Not under the lock: others may enqueue meanwhile.
  return clFinish(queue) == CL_SUCCESS ? CUDA_SUCCESS : CUDA_ERROR_LAUNCH_FAILED;
}

EXPORT CUresult cuEventCreate(CUevent* event, unsigned flags) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  *event = new CUevent_st{card, (flags & CU_EVENT_DISABLE_TIMING) == 0, nullptr};
  return CUDA_SUCCESS;
}

EXPORT CUresult cuEventDestroy_v2(CUevent event) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  if (current_card(code) == nullptr) return code;
  if (event->marker != nullptr) clReleaseEvent(event->marker);
  delete event;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuEventRecord(CUevent event, CUstream stream) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  if (stream == nullptr || card->streams.count(stream) == 0 || event->card != card) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  cl_event marker = nullptr;
  if (clEnqueueMarkerWithWaitList(stream->queue, 0, nullptr, &marker) != CL_SUCCESS) {
    return CUDA_ERROR_UNKNOWN;
  }
  clFlush(stream->queue);
  if (event->marker != nullptr) clReleaseEvent(event->marker);
  event->marker = marker;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  if (current_card(code) == nullptr) return code;
  cl_ulong stamps[2] = {};
  int i = 0;
  for (CUevent event : {start, end}) {
    if (event == nullptr || event->marker == nullptr || !event->timing) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    cl_int status = CL_QUEUED;
    clGetEventInfo(event->marker, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status,
                   nullptr);
    if (status != CL_COMPLETE) return CUDA_ERROR_NOT_READY;
    if (clGetEventProfilingInfo(event->marker, CL_PROFILING_COMMAND_END, sizeof(cl_ulong),
                                &stamps[i++], nullptr) != CL_SUCCESS) {
      return CUDA_ERROR_UNKNOWN;
    }
  }
  const auto nanoseconds = static_cast<std::int64_t>(stamps[1] - stamps[0]);
  *milliseconds = static_cast<float>(static_cast<double>(nanoseconds) / 1e6);
  return CUDA_SUCCESS;
}
