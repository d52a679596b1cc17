// SPDX-License-Identifier: Apache-2.0
// The one exception type: it stops one case on one rank, or the run when the card is lost.
#pragma once

#include <stdexcept>
#include <string>

namespace cardwise {

/// What went wrong, with the object and the number; `device_lost` ends the run.
struct Error : std::runtime_error {
  explicit Error(const std::string& what, bool lost = false)
      : std::runtime_error(what), device_lost(lost) {}
  bool device_lost;
};

/// A wrong request by the user (exit code 2); nothing has been measured.
struct UsageError : Error {
  using Error::Error;
};

/// The ranks and the cards do not fit together (exit code 3); nothing has been measured.
struct BindingError : Error {
  using Error::Error;
};

/// This case cannot run here, and why (status `skipped`): no f64, too little memory, no peer.
struct Skip : Error {
  using Error::Error;
};

/// The methodology's exit codes, `cardwise` half.
enum class ExitCode : int { ok = 0, bad_case = 1, usage = 2, binding = 3, ended_early = 4 };

}  // namespace cardwise
