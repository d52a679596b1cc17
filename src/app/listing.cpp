// SPDX-License-Identifier: Apache-2.0
// `cardwise devices` and `cardwise list`.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/commands.hpp"
#include "app/images.hpp"
#include "app/start.hpp"
#include "core/host_name.hpp"
#include "device/backends.hpp"
#include "ranks/cpu_binding.hpp"
#include "ranks/placement.hpp"
#include "results/case_listing.hpp"
#include "results/devices_listing.hpp"
#include "run/plan.hpp"

namespace cardwise {

int devices_command(const Options& options) {
  const Inventory found = take_inventory(backends(), options.backends, options.platform);
  const Wanted wanted{.types = options.types, .platform = options.platform};
  const CpuTopology topology;
  std::vector<int> numa;
  for (const Card& card : found.cards) numa.push_back(topology.numa_of_pci(card.pci_bus_id()));
  const std::string text =
      options.json ? devices_json(found, wanted, numa) : devices_text(found, wanted, numa);
  std::fputs(text.c_str(), stdout);
  return int(found.cards.empty() ? ExitCode::binding : ExitCode::ok);
}

int list_command(const Options& options) {
  LocalView view;
  view.host = host_name();
  view.found = take_inventory(backends(), options.backends, options.platform);
  const CardChoice choice =
      choose_card(view, {.wanted = {.types = options.types, .platform = options.platform},
                         .listed = {},
                         .allow_sharing = true});
  const Card& card = view.found.cards[choice.index];
  Sizes sizes = sizes_of(card, options);
  std::vector<std::string> names;
  std::vector<const DeviceInfo*> views;
  for (const DeviceInfo& v : card.views) {
    names.push_back(v.backend);
    views.push_back(&v);
  }
  const std::vector<std::shared_ptr<const Image>> images = read_images(options);
  const Variants variants = variants_for(options, images, views);
  stay_in_banks(images, sizes);
  sizes.replications = replications_of(variants);

  std::vector<ListedCase> cases;
  for (const PlannedCase& planned : plan_cases(options, sizes, names, variants)) {
    const Estimate cost = estimate(planned, sizes, rounds_of(options));
    cases.push_back({.case_id = planned.row.case_id,
                     .case_key = planned.row.case_key,
                     .seconds = cost.seconds,
                     .bytes = cost.bytes});
  }
  std::fputs(case_listing(cases, describe(card), options.profile).c_str(), stdout);
  return int(ExitCode::ok);
}

}  // namespace cardwise
