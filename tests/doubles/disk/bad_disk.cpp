// SPDX-License-Identifier: Apache-2.0
// A stand-in for a disk in trouble, by LD_PRELOAD: open, write or fsync of a *.h5.tmp does what the
// file named by CARDWISE_BAD_DISK says at that moment. "write EDQUOT" and "fsync EIO" fail; "write
// EDQUOT 3" does so three times in a process; "open hang", "write hang" and "fsync hang" wait until
// the file says something else, and no signal but SIGKILL ends that; "open pipe" waits in the kernel
// for a reader of the pipe <that file>.pipe, who never comes. No file: all is well.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

namespace {

std::atomic<int> failures{0};

struct Order {
  char call[16] = "", what[16] = "";
  int times = 0;  ///< 0: always
};

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

Order order() {
  Order read;
  const char* path = std::getenv("CARDWISE_BAD_DISK");
  std::FILE* file = path != nullptr ? std::fopen(path, "r") : nullptr;
  if (file == nullptr) return read;
  if (std::fscanf(file, "%15s %15s %d", read.call, read.what, &read.times) < 2) read = {};
  std::fclose(file);
  return read;
}

bool ours(const char* path) { return std::string_view(path).ends_with(".h5.tmp"); }

bool ours(int id) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(id);
  const ssize_t n = readlink(link.c_str(), path, sizeof path - 1);
  if (n <= 0) return false;
  path[n] = '\0';
  return ours(path);
}

/// The error that `call` shall have now, else 0; waits as long as it shall hang.
int trouble(const char* call) {
  for (Order now = order(); std::strcmp(now.call, call) == 0; now = order()) {
    if (std::strcmp(now.what, "hang") == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      continue;
    }
    if (now.times > 0 && failures.fetch_add(1) >= now.times) return 0;
    return std::strcmp(now.what, "EDQUOT") == 0 ? EDQUOT : EIO;
  }
  return 0;
}

bool fails(const char* call) {
  const int error = trouble(call);
  if (error != 0) errno = error;
  return error != 0;
}

}  // namespace

extern "C" int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (ours(path) && std::strcmp(order().what, "pipe") == 0) {
    const std::string pipe = std::string(std::getenv("CARDWISE_BAD_DISK")) + ".pipe";
    mkfifo(pipe.c_str(), 0600);
    return next<int(const char*, int, ...)>("open")(pipe.c_str(), O_WRONLY);
  }
  if (ours(path) && fails("open")) return -1;
  return next<int(const char*, int, ...)>("open")(path, flags, mode);
}

extern "C" ssize_t write(int id, const void* data, size_t size) {
  static const auto real = next<ssize_t(int, const void*, size_t)>("write");
  if (size > 4096 && ours(id) && fails("write")) return -1;
  return real(id, data, size);
}

extern "C" int fsync(int id) {
  if (ours(id) && fails("fsync")) return -1;
  return next<int(int)>("fsync")(id);
}
