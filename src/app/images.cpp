// SPDX-License-Identifier: Apache-2.0
// From files to loaded programs: read once, broadcast, load once a card.
#include "app/images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/text.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;
using Images = std::vector<std::shared_ptr<const Image>>;

std::shared_ptr<const Variant> variant_of(const std::shared_ptr<const Image>& image,
                                          const std::vector<const DeviceInfo*>& views) {
  Variant variant{.name = image->variant(), .backends = {}, .image = image};
  std::vector<std::string> seen;
  for (const DeviceInfo* view : views) {
    seen.push_back(view->backend);
    if (!image->fits(*view)) continue;
    check_fits(*image, *view);
    variant.backends.push_back(view->backend);
  }
  if (variant.backends.empty())
    throw UsageError(fmt::format("image {}: no API of this card takes {} (it is seen through {})",
                                 image->path, image->about.format, join(seen, ", ")));
  return std::make_shared<const Variant>(std::move(variant));
}

void refuse_twins(const Variants& variants) {
  for (std::size_t i = 0; i < variants.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) {
      const Image &one = *variants[k]->image, &other = *variants[i]->image;
      if (variants[i]->name == variants[k]->name)
        throw UsageError(
            fmt::format("images {} and {} would both be the variant '{}': one of them a run",
                        one.path, other.path, variants[i]->name));
      if (one.whole_card() && other.whole_card())
        throw UsageError(fmt::format("images {} and {} are two programs for one card: one of them "
                                     "a run, since the second would program it anew",
                                     one.path, other.path));
    }
}

/// The first load programs the card, and is timed; the others only look a kernel up.
void load_all(OpenDevice& open, const Variant& variant) {
  const Image& image = *variant.image;
  bool first = true;
  for (const ImageKernel& kernel : image.about.kernels) {
    const KernelSource source = image.source_of(kernel);
    const Clock::time_point before = Clock::now();
    const std::unique_ptr<Kernel> loaded = open.device->load(source, kernel.entry, {});
    if (std::exchange(first, false))
      open.image_load_ns[variant.name] =
          std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - before).count();
  }
}

Images broadcast_images(const Comm& comm, const Options& options) {
  Images images;
  together(comm, [&] {
    if (comm.root()) images = read_images(options);
  });
  for (std::size_t i = 0; i < options.images.size(); ++i) {
    const std::string bytes = comm.broadcast(comm.root() ? pack_image(*images[i]) : std::string());
    if (!comm.root()) images.push_back(std::make_shared<const Image>(unpack_image(bytes)));
  }
  return images;
}

/// Collective: through which of the table's APIs at least one rank's card takes the image; cases
/// are the same on all ranks.
std::vector<std::string> agreed_backends(const Comm& comm, const std::vector<std::string>& all,
                                         const std::vector<std::string>& mine) {
  std::vector<std::int64_t> has;
  for (const std::string& name : all)
    has.push_back(std::find(mine.begin(), mine.end(), name) != mine.end() ? -1 : 0);
  has = comm.minimum(std::move(has));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (has[i] < 0) names.push_back(all[i]);
  return names;
}

}  // namespace

Images read_images(const Options& options) {
  Images images;
  for (const std::string& path : options.images)
    images.push_back(std::make_shared<const Image>(read_image(path)));
  return images;
}

void stay_in_banks(const Images& images, Sizes& sizes) {
  for (const auto& image : images) {
    const std::uint64_t bytes = image->bank.bytes;
    if (bytes == 0) continue;
    for (std::uint64_t* most : {&sizes.memory_bytes, &sizes.allocation_bytes})
      *most = *most == 0 ? bytes : std::min(*most, bytes);
  }
}

Variants variants_for(const Options& options, const Images& images,
                      const std::vector<const DeviceInfo*>& views) {
  Variants variants;
  for (const auto& image : images) variants.push_back(variant_of(image, views));
  refuse_twins(variants);
  if (!options.same_code) return variants;
  Variant same{.name = "same-code", .backends = {}, .image = nullptr};
  for (const DeviceInfo* view : views)
    if (view->backend == "cuda" || view->cc_major > 0) same.backends.push_back(view->backend);
  if (same.backends.size() < 2)
    throw UsageError("--same-code compares CUDA and OpenCL on one PTX: this card is not seen "
                     "through both ('cardwise devices' says how it is)");
  variants.push_back(std::make_shared<const Variant>(std::move(same)));
  return variants;
}

int replications_of(const Variants& variants) {
  int most = 1;
  for (const auto& variant : variants)
    if (variant->image && variant->image->whole_card())
      most = std::max(most, variant->image->replications());
  return most;
}

void take_images(const Comm& comm, const Options& options, RunContext& run, Start& started) {
  together(comm, [&] {
    for (const auto& [name, open] : run.devices)
      if (!open.device->info().online_compiler && options.images.empty())
        throw UsageError(fmt::format("{} compiles nothing itself: --image FILE names its kernels, "
                                     "built before (docs/fpga.md)",
                                     open.device->info().name));
  });
  if (options.images.empty() && !options.same_code) return;
  run.watchdog.step("", "read the images");
  const Images images = broadcast_images(comm, options);
  Variants mine;
  together(comm, [&] {
    if (run.missing) return;
    std::vector<const DeviceInfo*> views;
    for (const auto& [name, open] : run.devices) views.push_back(&open.device->info());
    mine = variants_for(options, images, views);
  });
  const std::size_t count = images.size() + (options.same_code ? 1 : 0);
  for (std::size_t i = 0; i < count; ++i) {
    Variant all{.name = i < images.size() ? images[i]->variant() : "same-code",
                .backends = agreed_backends(comm, started.backends,
                                            i < mine.size() ? mine[i]->backends
                                                            : std::vector<std::string>()),
                .image = i < images.size() ? images[i] : nullptr};
    run.variants.push_back(std::make_shared<const Variant>(std::move(all)));
  }
  run.sizes.replications = replications_of(run.variants);
  run.watchdog.step("", "load the images");
  together(comm, [&] {
    for (const auto& variant : mine) {
      if (!variant->image) continue;
      for (const std::string& name : variant->backends) {
        try {
          load_all(run.devices.at(name), *variant);
        } catch (const Error& error) {
          throw UsageError(run.who() + ": " + error.what());
        }
      }
    }
  });
  stay_in_banks(images, run.sizes);
  std::vector<std::string> hashes;
  for (const auto& image : images) hashes.push_back(image->code->sha256);
  started.mine.image_sha256 = join(hashes, ",");
  for (RankRow& row : started.ranks) row.image_sha256 = started.mine.image_sha256;
}

}  // namespace cardwise
