// SPDX-License-Identifier: Apache-2.0
// What a user should know of the start besides the binding: events of rank 0.
#pragma once

#include "app/start.hpp"

namespace cardwise {

/// NVIDIA cards that only one API shows, unless the user chose: half of the answers would be
/// missing without a word. (ocl-icd cuts OCL_ICD_FILENAMES at its first ':' in the environment of a
/// launcher that has loaded it, and its ranks then see the first platform alone.)
void note_missing_api(const Options& options, Start& s);

/// An API that the user has named and that shows no card.
void note_unseen_backends(const Options& options, Start& s);

/// Libraries between us and the driver, which can change every result.
void note_interposers(Start& s);

/// CARDWISE_FAULT: what is planted on purpose is no measurement.
void note_planted_faults(Start& s);

}  // namespace cardwise
