// SPDX-License-Identifier: Apache-2.0
// What a runtime of OpenCL 1.0 has not: entry points and queries of later versions. On such a
// runtime the entry is null and a call is a crash; here it is an error and a line of the journal.
#include <algorithm>
#include <type_traits>

#include "node.hpp"

namespace fpga_node {
namespace {

template <std::size_t size>
struct Name {
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is one
  constexpr Name(const char (&from)[size]) { std::copy_n(from, size, text); }
  char text[size] = {};
};

template <Name name, auto member, class Result, class First, class... Rest>
Result CL_API_CALL unknown(First first, Rest... rest) {
  if (!is_card(first)) return (below->*member)(first, rest...);
  note_once(std::string("beyond OpenCL 1.0: ") + name.text);
  if constexpr (std::is_same_v<Result, cl_int>)
    return CL_INVALID_OPERATION;
  else
    return Result{};
}

template <Name name, auto member, class Result, class... Arguments>
void put(cl_icd_dispatch& table, Result (CL_API_CALL* cl_icd_dispatch::*)(Arguments...)) {
  table.*member = unknown<name, member, Result, Arguments...>;
}

template <Name name, auto member>
void refuse(cl_icd_dispatch& table) {
  put<name, member>(table, member);
}

/// A query that is none of OpenCL 1.0's is -30: `last` is the last one of 1.0.
template <auto member, cl_uint last, class Object>
cl_int CL_API_CALL query(Object object, cl_uint what, std::size_t size, void* value,
                         std::size_t* given) {
  if (what > last && is_card(object)) {
    note_once("query beyond OpenCL 1.0: " + std::to_string(what));
    return CL_INVALID_VALUE;
  }
  return (below->*member)(object, what, size, value, given);
}

cl_program CL_API_CALL from_source(cl_context context, cl_uint count, const char** texts,
                                   const std::size_t* sizes, cl_int* code) {
  if (!is_card(context))
    return below->clCreateProgramWithSource(context, count, texts, sizes, code);
  note_once("program from source");
  const cl_int answer = refused(context, "No online compiler: clCreateProgramWithBinary is for you",
                                CL_COMPILER_NOT_AVAILABLE);
  if (code != nullptr) *code = answer;
  return nullptr;
}

}  // namespace

void put_refusals(cl_icd_dispatch& table) {
  using D = cl_icd_dispatch;
  refuse<"clSetEventCallback", &D::clSetEventCallback>(table);
  refuse<"clCreateSubBuffer", &D::clCreateSubBuffer>(table);
  refuse<"clSetMemObjectDestructorCallback", &D::clSetMemObjectDestructorCallback>(table);
  refuse<"clCreateUserEvent", &D::clCreateUserEvent>(table);
  refuse<"clSetUserEventStatus", &D::clSetUserEventStatus>(table);
  refuse<"clEnqueueReadBufferRect", &D::clEnqueueReadBufferRect>(table);
  refuse<"clEnqueueWriteBufferRect", &D::clEnqueueWriteBufferRect>(table);
  refuse<"clEnqueueCopyBufferRect", &D::clEnqueueCopyBufferRect>(table);
  refuse<"clCreateSubDevices", &D::clCreateSubDevices>(table);
  refuse<"clRetainDevice", &D::clRetainDevice>(table);
  refuse<"clReleaseDevice", &D::clReleaseDevice>(table);
  refuse<"clCompileProgram", &D::clCompileProgram>(table);
  refuse<"clLinkProgram", &D::clLinkProgram>(table);
  refuse<"clGetKernelArgInfo", &D::clGetKernelArgInfo>(table);
  refuse<"clEnqueueFillBuffer", &D::clEnqueueFillBuffer>(table);
  refuse<"clEnqueueMigrateMemObjects", &D::clEnqueueMigrateMemObjects>(table);
  refuse<"clEnqueueMarkerWithWaitList", &D::clEnqueueMarkerWithWaitList>(table);
  refuse<"clEnqueueBarrierWithWaitList", &D::clEnqueueBarrierWithWaitList>(table);
  refuse<"clCreateCommandQueueWithProperties", &D::clCreateCommandQueueWithProperties>(table);
  refuse<"clSVMAlloc", &D::clSVMAlloc>(table);
  refuse<"clEnqueueSVMMemFill", &D::clEnqueueSVMMemFill>(table);
  refuse<"clCloneKernel", &D::clCloneKernel>(table);
  refuse<"clCreateProgramWithIL", &D::clCreateProgramWithIL>(table);
  refuse<"clCreateBufferWithProperties", &D::clCreateBufferWithProperties>(table);
  table.clGetContextInfo = query<&D::clGetContextInfo, CL_CONTEXT_PROPERTIES>;
  table.clGetMemObjectInfo = query<&D::clGetMemObjectInfo, CL_MEM_CONTEXT>;
  table.clGetProgramInfo = query<&D::clGetProgramInfo, CL_PROGRAM_BINARIES>;
  table.clGetKernelInfo = query<&D::clGetKernelInfo, CL_KERNEL_PROGRAM>;
  table.clGetEventInfo = query<&D::clGetEventInfo, CL_EVENT_COMMAND_EXECUTION_STATUS>;
  table.clCreateProgramWithSource = from_source;
}

}  // namespace fpga_node
