// SPDX-License-Identifier: Apache-2.0
// NVML, opened at run time: the sensors of NVIDIA cards.
#include <nvml.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <vector>

#include "device/dynamic_library.hpp"
#include "device/telemetry/sensors.hpp"

// Functions are looked up by exported name; nvml.h marks some that all drivers have as deprecated.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

// X(member, exported symbol). A function that a driver lacks stays null, and what it would tell
// stays unknown.
#define CARDWISE_NVML_FUNCTIONS(X)                                            \
  X(init, nvmlInit_v2)                                                        \
  X(system_driver_version, nvmlSystemGetDriverVersion)                        \
  X(system_nvml_version, nvmlSystemGetNVMLVersion)                            \
  X(handle_by_uuid, nvmlDeviceGetHandleByUUID)                                \
  X(handle_by_pci, nvmlDeviceGetHandleByPciBusId_v2)                          \
  X(is_mig_handle, nvmlDeviceIsMigDeviceHandle)                               \
  X(parent_of_mig, nvmlDeviceGetDeviceHandleFromMigDeviceHandle)              \
  X(clock_info, nvmlDeviceGetClockInfo)                                       \
  X(power_usage, nvmlDeviceGetPowerUsage)                                     \
  X(temperature, nvmlDeviceGetTemperature)                                    \
  X(event_reasons, nvmlDeviceGetCurrentClocksEventReasons)                    \
  X(throttle_reasons, nvmlDeviceGetCurrentClocksThrottleReasons)              \
  X(pcie_gen, nvmlDeviceGetCurrPcieLinkGeneration)                            \
  X(pcie_width, nvmlDeviceGetCurrPcieLinkWidth)                               \
  X(pcie_gen_max, nvmlDeviceGetMaxPcieLinkGeneration)                         \
  X(pcie_width_max, nvmlDeviceGetMaxPcieLinkWidth)                            \
  X(pcie_replays, nvmlDeviceGetPcieReplayCounter)                             \
  X(ecc_errors, nvmlDeviceGetTotalEccErrors)                                  \
  X(energy, nvmlDeviceGetTotalEnergyConsumption)                              \
  X(processes, nvmlDeviceGetComputeRunningProcesses_v3)                       \
  X(mps_processes, nvmlDeviceGetMPSComputeRunningProcesses_v3)                \
  X(serial, nvmlDeviceGetSerial)                                              \
  X(vbios, nvmlDeviceGetVbiosVersion)                                         \
  X(power_limit, nvmlDeviceGetPowerManagementLimit)                           \
  X(power_limit_default, nvmlDeviceGetPowerManagementDefaultLimit)            \
  X(clock_app, nvmlDeviceGetApplicationsClock)                                \
  X(persistence, nvmlDeviceGetPersistenceMode)                                \
  X(mig_mode, nvmlDeviceGetMigMode)                                           \
  X(ecc_mode, nvmlDeviceGetEccMode)                                           \
  X(compute_mode, nvmlDeviceGetComputeMode)                                   \
  X(remapped_rows, nvmlDeviceGetRemappedRows)

namespace cardwise {
namespace {

std::vector<std::string> nvml_candidates() {
  if (const char* path = std::getenv("CARDWISE_NVML_LIBRARY")) return {path};  // tests only
  return {"libnvidia-ml.so.1"};
}

// NVML stays initialised until the process ends: the driver cleans up, and the sampler may run.
struct Nvml {
  Nvml() : library(nvml_candidates()) {
#define CARDWISE_LOOK_UP(member, symbol) \
  member = reinterpret_cast<decltype(member)>(library.find(#symbol));
    CARDWISE_NVML_FUNCTIONS(CARDWISE_LOOK_UP)
#undef CARDWISE_LOOK_UP
    usable = init != nullptr && init() == NVML_SUCCESS;
  }
// NOLINTNEXTLINE(bugprone-macro-parentheses): a name declared takes none
#define CARDWISE_DECLARE(member, symbol) decltype(&::symbol) member = nullptr;
  CARDWISE_NVML_FUNCTIONS(CARDWISE_DECLARE)
#undef CARDWISE_DECLARE
  DynamicLibrary library;
  bool usable = false;
};

// Null where there is no NVML that works.
const Nvml* nvml() {
  try {
    static const Nvml instance;
    return instance.usable ? &instance : nullptr;
  } catch (const std::exception&) {
    return nullptr;
  }
}

// Calls a function that may be missing; true if it answered.
template <class Function, class... Arguments>
bool ask(Function function, Arguments... arguments) {
  return function != nullptr && function(arguments...) == NVML_SUCCESS;
}

// `function(device, first…, &value)`, or the other value.
template <class Value, class Function, class... Arguments>
double number(double otherwise, Function function, Arguments... first) {
  Value value{};
  return ask(function, first..., &value) ? static_cast<double>(value) : otherwise;
}

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class Function, class... Arguments>
int integer(Function function, Arguments... first) {
  return static_cast<int>(number<unsigned>(-1, function, first...));
}

// Switches are enumerations with 0 off and 1 on.
template <class Function>
int enabled(Function function, nvmlDevice_t device) {
  nvmlEnableState_t state{};
  return ask(function, device, &state) ? (state == NVML_FEATURE_ENABLED ? 1 : 0) : -1;
}

// Modes that can be changed have a current and a pending value.
template <class Value, class Function>
int current_mode(Function function, nvmlDevice_t device) {
  Value current{};
  Value pending{};
  return ask(function, device, &current, &pending) ? (current != Value{} ? 1 : 0) : -1;
}

template <class Function, class... Arguments>
std::string text(Function function, Arguments... first) {
  std::array<char, 128> buffer{};
  return ask(function, first..., buffer.data(), static_cast<unsigned>(buffer.size()))
             ? std::string(buffer.data())
             : std::string();
}

// NVML reports the processes of the whole machine, by their numbers in the machine's own process
// namespace. In a container's namespace ours is another number, and nothing can be said.
bool in_first_pid_namespace() {
  std::array<char, 64> link{};
  const ssize_t size = readlink("/proc/self/ns/pid", link.data(), link.size() - 1);
  // 0xEFFFFFFC, the kernel's PROC_PID_INIT_INO.
  return size > 0 && std::string(link.data()) == "pid:[4026531836]";
}

class NvmlSensors final : public Sensors {
 public:
  NvmlSensors(const Nvml& api, nvmlDevice_t device)
      : api_(api), device_(device), first_namespace_(in_first_pid_namespace()) {}

  SensorReading read() noexcept override {
    SensorReading r;
    r.sm_mhz = static_cast<float>(number<unsigned>(nan, api_.clock_info, device_, NVML_CLOCK_SM));
    r.mem_mhz =
        static_cast<float>(number<unsigned>(nan, api_.clock_info, device_, NVML_CLOCK_MEM));
    r.power_w = static_cast<float>(number<unsigned>(nan, api_.power_usage, device_) / 1e3);
    r.temp_c = static_cast<float>(
        number<unsigned>(nan, api_.temperature, device_, NVML_TEMPERATURE_GPU));
    unsigned long long reasons = 0;
    r.reasons_known =
        ask(api_.event_reasons, device_, &reasons) || ask(api_.throttle_reasons, device_, &reasons);
    if (r.reasons_known) r.reasons = reasons;
    r.pcie_gen = integer(api_.pcie_gen, device_);
    r.pcie_width = integer(api_.pcie_width, device_);
    r.pcie_replays = integer(api_.pcie_replays, device_);
    r.ecc_corrected = ecc(NVML_MEMORY_ERROR_TYPE_CORRECTED);
    r.ecc_uncorrected = ecc(NVML_MEMORY_ERROR_TYPE_UNCORRECTED);
    r.energy_j = number<unsigned long long>(nan, api_.energy, device_) / 1e3;
    r.other_processes = other_processes();
    return r;
  }

  CardFacts facts() override {
    CardFacts f;
    f.serial = text(api_.serial, device_);
    f.vbios_version = text(api_.vbios, device_);
    f.driver_version = text(api_.system_driver_version);
    f.power_limit_w = number<unsigned>(nan, api_.power_limit, device_) / 1e3;
    f.power_limit_default_w = number<unsigned>(nan, api_.power_limit_default, device_) / 1e3;
    f.clock_app_mhz = integer(api_.clock_app, device_, NVML_CLOCK_SM);
    f.persistence = enabled(api_.persistence, device_);
    f.mig_mode = current_mode<unsigned>(api_.mig_mode, device_);
    f.ecc_mode = current_mode<nvmlEnableState_t>(api_.ecc_mode, device_);
    f.mps = mps();
    f.rows_remapped = rows_remapped();
    f.pcie_gen_max = integer(api_.pcie_gen_max, device_);
    f.pcie_width_max = integer(api_.pcie_width_max, device_);
    nvmlComputeMode_t mode{};
    if (ask(api_.compute_mode, device_, &mode)) f.compute_mode = static_cast<int>(mode);
    return f;
  }

 private:
  std::int64_t ecc(nvmlMemoryErrorType_t type) const noexcept {
    unsigned long long count = 0;
    return ask(api_.ecc_errors, device_, type, NVML_VOLATILE_ECC, &count)
               ? static_cast<std::int64_t>(count)
               : -1;
  }

  int other_processes() const noexcept {
    std::array<nvmlProcessInfo_t, 64> all;
    unsigned count = static_cast<unsigned>(all.size());
    if (!ask(api_.processes, device_, &count, all.data())) return -1;  // also: more than 64
    const auto own = static_cast<unsigned>(getpid());
    const auto end = all.begin() + std::min<std::ptrdiff_t>(count, std::ssize(all));
    const auto ours = std::count_if(all.begin(), end, [&](const auto& p) { return p.pid == own; });
    if (ours == 0 && count > 0 && !first_namespace_) return -1;
    return static_cast<int>(count) - static_cast<int>(ours);
  }

  // On when a client of the MPS server holds the card.
  int mps() const {
    std::array<nvmlProcessInfo_t, 64> all;
    unsigned count = static_cast<unsigned>(all.size());
    if (!ask(api_.mps_processes, device_, &count, all.data())) return -1;
    return count > 0 ? 1 : 0;
  }

  int rows_remapped() const {
    unsigned corrected = 0;
    unsigned uncorrected = 0;
    unsigned pending = 0;
    unsigned failed = 0;
    return ask(api_.remapped_rows, device_, &corrected, &uncorrected, &pending, &failed)
               ? static_cast<int>(corrected + uncorrected)
               : -1;
  }

  const Nvml& api_;
  nvmlDevice_t device_;
  bool first_namespace_;
};

// A slice of a card has no sensors of its own: those of the card.
nvmlDevice_t whole_card(const Nvml& api, nvmlDevice_t device) {
  unsigned slice = 0;
  nvmlDevice_t parent = nullptr;
  const bool known = ask(api.is_mig_handle, device, &slice) && slice != 0 &&
                     ask(api.parent_of_mig, device, &parent);
  return known ? parent : device;
}

}  // namespace

std::unique_ptr<Sensors> open_sensors(const std::string& uuid, const std::string& pci_bus_id) {
  const Nvml* api = nvml();
  nvmlDevice_t device = nullptr;
  // A UUID that NVML does not know is an emulated card: its made-up PCI address could be that of a
  // real one.
  const bool found =
      api != nullptr &&
      (uuid.empty() ? !pci_bus_id.empty() && ask(api->handle_by_pci, pci_bus_id.c_str(), &device)
                    : ask(api->handle_by_uuid, uuid.c_str(), &device));
  if (!found) return unknown_sensors();
  return std::make_unique<NvmlSensors>(*api, whole_card(*api, device));
}

std::string nvml_version() {
  const Nvml* api = nvml();
  return api == nullptr ? "" : text(api->system_nvml_version);
}

}  // namespace cardwise
