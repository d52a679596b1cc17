// SPDX-License-Identifier: Apache-2.0
// Images: of 300 with a few bytes changed 168 crashed a runtime and 19 ran with wrong results, so
// no byte reaches one before size and hash are the manifest's.
#include "device/image.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <regex>
#include <set>

#include "core/board.hpp"
#include "core/pack.hpp"
#include "core/sha256.hpp"
#include "core/text.hpp"
#include "device/fpga_program.hpp"
#include "device/image_code.hpp"

namespace cardwise {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t manifest_bytes_max = 4 << 20;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw UsageError(fmt::format("image {}: {}", path, what));
}

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Its bytes; where there is no such file, none. A FIFO would keep an open that waits for ever.
std::optional<std::vector<std::byte>> read_if_there(const std::string& path, std::uintmax_t most) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) return std::nullopt;
  const std::unique_ptr<std::FILE, Closer> file(descriptor < 0 ? nullptr
                                                               : fdopen(descriptor, "rb"));
  struct stat about {};
  if (!file || fstat(descriptor, &about) != 0) refuse(path, std::strerror(errno));
  if (S_ISDIR(about.st_mode)) refuse(path, "it is a folder");
  if (!S_ISREG(about.st_mode)) refuse(path, "it is no regular file");
  const auto size = std::uintmax_t(about.st_size);
  if (size > most) refuse(path, fmt::format("{} bytes, and at most {} make sense", size, most));
  std::vector<std::byte> bytes(size);
  if (std::fread(bytes.data(), 1, bytes.size(), file.get()) != bytes.size())
    refuse(path, "it could not be read to its end");
  return bytes;
}

std::vector<std::byte> read_file(const std::string& path, std::uintmax_t most) {
  std::optional<std::vector<std::byte>> bytes = read_if_there(path, most);
  if (!bytes) refuse(path, std::strerror(ENOENT));
  return *std::move(bytes);
}

std::string read_manifest(const std::string& path) {
  const std::string file = path + ".json";
  const auto bytes = read_if_there(file, manifest_bytes_max);
  std::error_code none;
  if (!bytes && !fs::exists(path, none)) refuse(path, std::strerror(ENOENT));
  if (!bytes)
    refuse(path, fmt::format("its manifest {} is missing: 'cardwise image build' and "
                             "scripts/rust-kernels.sh write one (docs/images.md has the format)",
                             file));
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

/// What the caller's defines ask for, split into what the manifest says by name and the rest.
struct Request {
  bool tail = false;
  int width = 0;
  Defines rest = {};
};

Request request_of(const Defines& defines) {
  Request asked;
  for (const auto& [name, value] : defines) {
    if (name == "TAIL")
      asked.tail = true;
    else if (name == "WIDTH")
      asked.width = std::stoi(value);
    else if (name != "REAL")
      asked.rest.emplace_back(name, value);
  }
  return asked;
}

/// A kernel over a range was built for groups and tiles, all of which must be those of the call;
/// one that is a single work-item has none, and only what it names itself must agree.
bool suits(const ImageKernel& kernel, const Request& asked) {
  if (asked.tail && !kernel.tail) return false;
  const auto agrees = [](const Defines& some, const Defines& all) {
    return std::all_of(some.begin(), some.end(), [&](const auto& define) {
      return std::find(all.begin(), all.end(), define) != all.end();
    });
  };
  if (!agrees(kernel.defines, asked.rest)) return false;
  if (kernel.task) return true;
  return (asked.width == 0 || asked.width == kernel.width) && agrees(asked.rest, kernel.defines);
}

/// Its arguments must be those that the benchmark will pass: a card does not check them.
void check_arguments(const std::string& path, const ImageKernel& kernel) {
  std::vector<std::string> wanted = portable_signature(kernel.name);
  if (wanted.empty()) refuse(path, fmt::format("kernel '{}' is none of cardwise's", kernel.name));
  for (std::string& type : wanted)
    if (type == "real") type = kernel.dtype;
  std::vector<std::string> found;
  for (const ImageArgument& argument : kernel.arguments) found.push_back(argument.type);
  if (found != wanted)
    refuse(path, fmt::format("kernel {} takes ({}), and kernels of that name take ({})",
                             kernel.entry, join(found, ", "), join(wanted, ", ")));
}

std::string words_of(const ImageKernel& kernel) {
  std::string words = fmt::format("{} (WIDTH={}", kernel.entry, kernel.width);
  for (const auto& [name, value] : kernel.defines) words += fmt::format(" {}={}", name, value);
  return words + (kernel.tail ? ")" : ", whole groups only)");
}

std::string words_of(const Defines& defines) {
  std::string words;
  for (const auto& [name, value] : defines)
    words += fmt::format("{}{}={}", words.empty() ? "" : " ", name, value);
  return words;
}

bool of_dtype(const ImageKernel& kernel, std::string_view dtype) {
  return !kernel.dtype.starts_with('f') || kernel.dtype == dtype;
}

std::vector<Bank> banks_of(const Image& image) {
  const FpgaProgram* known = any_program_of(image.about.board);
  return known == nullptr ? std::vector<Bank>() : parse_board(known->description).banks;
}

/// What the board has clCreateBuffer told for a bank.
std::uint64_t bank_flags(const Image& image, const std::string& name) {
  for (const Bank& bank : image.banks)
    if (bank.name == name) return bank.flags;
  return 0;
}

/// The bank of the first kernels of their name and type, which all cases but mem/banks take: those
/// behind them are replications, with a bank each.
Bank bank_of(const Image& image) {
  using Words = std::vector<std::string>;
  const FpgaProgram* known = any_program_of(image.about.board);
  if (known == nullptr) return {};
  std::set<std::pair<std::string, std::string>> seen;
  std::set<std::string> names;
  for (const ImageKernel& kernel : image.about.kernels) {
    if (!seen.emplace(kernel.name, kernel.dtype).second) continue;
    for (const ImageArgument& argument : kernel.arguments)
      if (argument.type == "buffer") names.insert(argument.bank);
  }
  if (names.size() > 1)
    refuse(image.path, fmt::format("the first kernels of each name reach several banks ({}): one "
                                   "bank for all buffers is what a run can give them",
                                   join(Words(names.begin(), names.end()), ", ")));
  if (names.empty() || names.begin()->empty()) return {};
  for (const Bank& bank : parse_board(known->description).banks)
    if (bank.name == *names.begin()) return bank;
  refuse(image.path,
         fmt::format("board {} has no bank '{}'", image.about.board, *names.begin()));
}

}  // namespace

const std::string& Image::variant() const { return whole_card() ? about.board : about.language; }

bool Image::fits(const DeviceInfo& info) const {
  if (about.format == "cubin") return info.backend == "cuda";
  // The OpenCL of other vendors takes no PTX.
  if (about.format == "ptx") return info.backend == "cuda" || info.cc_major > 0;
  return info.backend == "opencl";
}

bool Image::offers(std::string_view name, std::string_view dtype) const {
  return std::any_of(about.kernels.begin(), about.kernels.end(), [&](const ImageKernel& kernel) {
    return kernel.name == name && of_dtype(kernel, dtype);
  });
}

int Image::replications() const {
  int most = 1;
  for (const ImageKernel& kernel : about.kernels) most = std::max(most, kernel.replications);
  return most;
}

KernelSource Image::source_of(const ImageKernel& kernel) const {
  KernelSource source;
  source.name = kernel.name;
  source.variant = variant();
  source.file = path;
  source.text = manifest;
  source.image = code;
  source.single_work_item = kernel.task;
  source.arguments = int(kernel.arguments.size());
  for (std::size_t i = 0; i < kernel.arguments.size() && source.bank_argument < 0; ++i) {
    if (kernel.arguments[i].bank.empty()) continue;
    source.bank_argument = int(i);
    source.bank = kernel.arguments[i].bank;
    source.bank_flags = bank_flags(*this, source.bank);
  }
  return source;
}

std::pair<KernelSource, std::string> Image::kernel(const std::string& name,
                                                   const std::string& dtype,
                                                   const Defines& defines, int replica) const {
  const Request asked = request_of(defines);
  int before = 0;
  std::vector<std::string> others;
  for (const ImageKernel& kernel : about.kernels) {
    if (kernel.name != name || !of_dtype(kernel, dtype)) continue;
    if (!suits(kernel, asked)) {
      others.push_back(words_of(kernel));
      continue;
    }
    if (kernel.replications > 1 && before++ < replica) continue;
    return {source_of(kernel), kernel.entry};
  }
  if (others.empty())
    throw Skip(fmt::format("image {} has no kernel {}{}", path, name,
                           dtype.empty() ? "" : " for " + dtype));
  throw Skip(fmt::format("image {} has no {} for {} with {}, only {}", path, name, dtype,
                         words_of(defines), join(others, ", ")));
}

Image read_image(const std::string& path) {
  Image image;
  image.path = path;
  image.manifest = read_manifest(path);
  image.about = parse_manifest(image.manifest, path + ".json");
  const std::string name = fs::path(path).filename().string();
  if (image.about.file != name)
    refuse(path, fmt::format("its manifest is that of '{}'", image.about.file));
  ImageCode code;
  code.bytes = read_file(path, std::uintmax_t{1} << 31);
  code.format = image.about.format;
  const char* const anew =
      "it was cut off, changed or exchanged after it was made; copy image and "
      "manifest again, or make both anew";
  if (code.bytes.size() != image.about.bytes)
    refuse(path, fmt::format("{} bytes, and its manifest says {}: {}", code.bytes.size(),
                             image.about.bytes, anew));
  code.sha256 = sha256_hex(std::span<const std::byte>(code.bytes));
  if (code.sha256 != image.about.sha256)
    refuse(path, fmt::format("SHA-256 is {}…, and its manifest says {}…: {}",
                             code.sha256.substr(0, 12), image.about.sha256.substr(0, 12), anew));
  for (const ImageKernel& kernel : image.about.kernels) check_arguments(path, kernel);
  if (const std::string wrong = unlike_code(image.about, code.bytes); !wrong.empty())
    refuse(path, wrong);
  image.bank = bank_of(image);
  image.banks = banks_of(image);
  image.code = std::make_shared<const ImageCode>(std::move(code));
  return image;
}

std::string pack_image(const Image& image) {
  Packer packer;
  packer.put(image.path);
  packer.put(image.manifest);
  packer.put(image.code->sha256);
  packer.put(image.code->bytes);
  return packer.take();
}

Image unpack_image(std::string_view bytes) {
  Unpacker unpacker(bytes);
  Image image;
  ImageCode code;
  unpacker.get(image.path);
  unpacker.get(image.manifest);
  unpacker.get(code.sha256);
  unpacker.get(code.bytes);
  image.about = parse_manifest(image.manifest, image.path + ".json");
  image.bank = bank_of(image);
  image.banks = banks_of(image);
  code.format = image.about.format;
  image.code = std::make_shared<const ImageCode>(std::move(code));
  return image;
}

namespace {

void check_board(const Image& image, const DeviceInfo& info) {
  if (const FpgaProgram* known = any_program_of(image.about.board)) {
    const Board board = parse_board(known->description);
    const bool suffixed = !info.board.empty() && info.board != info.name;
    const std::string name = suffixed ? fmt::format("{} ({})", info.name, info.board) : info.name;
    if (info.platform != board.platform ||
        !std::regex_search(name, std::regex(board.device_pattern)))
      refuse(image.path, fmt::format("made for board {} ({}), and this card is {} of platform '{}'",
                                     board.name, board.title, name, info.platform));
  } else if (image.whole_card()) {
    refuse(image.path, fmt::format("its board '{}' is none that this program knows",
                                   image.about.board));
  }
}

}  // namespace

void check_fits(const Image& image, const DeviceInfo& info) {
  if (!image.fits(info)) return;
  check_board(image, info);
  const Architecture made = architecture_of(image.about.architecture);
  if (made.capability < 0 || info.cc_major < 0) return;
  const int card = 10 * info.cc_major + info.cc_minor;
  // Of several cards not all may be alike: which one it is.
  const std::string name =
      info.uuid.empty() ? info.name : fmt::format("{} ({})", info.name, info.uuid);
  const bool is_cubin = image.about.format == "cubin";
  const bool family = made.capability / 10 == info.cc_major;
  const char* const build =
      image.about.language == "rust" ? "make it with -C target-cpu=" : "build it for ";
  if (made.capability > card)
    refuse(image.path, fmt::format("made for {}, and {} is sm_{}: {}sm_{} or less",
                                   image.about.architecture, name, card, build, card));
  if ((made.suffix == 'a' && made.capability != card) || (made.suffix == 'f' && !family))
    refuse(image.path,
           fmt::format("made for {}, which runs on {} alone, and {} is sm_{}: {}sm_{}",
                       image.about.architecture,
                       made.suffix == 'a' ? fmt::format("sm_{}", made.capability)
                                          : fmt::format("capability {}.x", made.capability / 10),
                       name, card, build, is_cubin ? card : made.capability));
  if (is_cubin && !family)
    refuse(image.path, fmt::format("machine code for {} does not run on {} (sm_{})",
                                   image.about.architecture, name, card));
}

}  // namespace cardwise
