// SPDX-License-Identifier: Apache-2.0
// Prebuilt images and --same-code: which variants of the cases a run has.
#pragma once

#include <memory>
#include <vector>

#include "app/start.hpp"
#include "core/options.hpp"
#include "device/image.hpp"
#include "run/variant.hpp"

namespace cardwise {

/// The images of --image, read and checked. Throws UsageError.
std::vector<std::shared_ptr<const Image>> read_images(const Options& options);

/// What they add on a card seen so through its APIs. Throws UsageError where no API takes one, two
/// would have the same cases, or --same-code has only one API.
Variants variants_for(const Options& options,
                      const std::vector<std::shared_ptr<const Image>>& images,
                      const std::vector<const DeviceInfo*>& views);

/// Copies of each kernel in the image of a whole card; 1 where there is none.
int replications_of(const Variants& variants);

/// What lies in one bank of a card must fit into it, whatever the card has.
void stay_in_banks(const std::vector<std::shared_ptr<const Image>>& images, Sizes& sizes);

/// Collective. Rank 0 reads and checks, once; every rank loads what fits its card, once, and keeps
/// it. Fills the variants and times of `run`, hash and board of the rank's row. Throws StartError.
void take_images(const Comm& comm, const Options& options, RunContext& run, Start& started);

}  // namespace cardwise
