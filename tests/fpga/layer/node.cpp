// SPDX-License-Identifier: Apache-2.0
// The journal, and which objects are a card's.
#include "node.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace fpga_node {

Node::Node() {
  const char* text = std::getenv("CARDWISE_FPGA_NODE");
  journal = text == nullptr ? "" : text;
  const std::size_t comma = journal.rfind(',');
  if (comma == std::string::npos) return;
  emulator_first = journal.substr(comma + 1) == "emulator-first";
  journal.resize(comma);
}

void Node::note(const std::string& line) {
  if (journal.empty()) return;
  const int file = open(journal.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return;
  const std::string whole = line + "\n";  // one write: several processes share the file
  if (write(file, whole.data(), whole.size()) < 0) _exit(70);
  close(file);
}

Node& node() {
  static Node* const instance = new Node;  // lives longer than the runtime's exit handlers
  return *instance;
}

void note_once(const std::string& line) {
  const std::lock_guard lock(node().mutex);
  if (node().said.insert(line).second) node().note(line);
}

cl_int refused(cl_context context, const char* text, cl_int code) {
  Listener listener;
  {
    const std::lock_guard lock(node().mutex);
    listener = node().listeners[context];
  }
  if (listener.notify != nullptr) listener.notify(text, nullptr, 0, listener.user);
  return code;
}

bool is_card(cl_device_id device) {
  const std::lock_guard lock(node().mutex);
  return node().places.contains(device);
}

bool is_card(cl_context context) {
  std::size_t size = 0;
  if (below->clGetContextInfo(context, CL_CONTEXT_DEVICES, 0, nullptr, &size) != CL_SUCCESS)
    return false;
  std::vector<cl_device_id> devices(size / sizeof(cl_device_id));
  below->clGetContextInfo(context, CL_CONTEXT_DEVICES, size, devices.data(), nullptr);
  return !devices.empty() && is_card(devices.front());
}

namespace {

template <class Owner, class Query, class Object>
bool owner_is_card(Query query, Object object, cl_uint what) {
  Owner owner = nullptr;
  // NOLINTNEXTLINE(bugprone-sizeof-expression): a handle is asked for
  if (query(object, what, sizeof owner, &owner, nullptr) != CL_SUCCESS) return false;
  return is_card(owner);
}

}  // namespace

bool is_card(cl_command_queue queue) {
  return owner_is_card<cl_device_id>(below->clGetCommandQueueInfo, queue, CL_QUEUE_DEVICE);
}

bool is_card(cl_mem memory) {
  return owner_is_card<cl_context>(below->clGetMemObjectInfo, memory, CL_MEM_CONTEXT);
}

bool is_card(cl_program program) {
  return owner_is_card<cl_context>(below->clGetProgramInfo, program, CL_PROGRAM_CONTEXT);
}

bool is_card(cl_kernel kernel) {
  return owner_is_card<cl_context>(below->clGetKernelInfo, kernel, CL_KERNEL_CONTEXT);
}

bool is_card(cl_event event) {
  return owner_is_card<cl_command_queue>(below->clGetEventInfo, event, CL_EVENT_COMMAND_QUEUE);
}

}  // namespace fpga_node
