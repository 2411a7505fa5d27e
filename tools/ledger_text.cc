// SPDX-License-Identifier: Apache-2.0
#include "tools/ledger_text.h"

#include <string_view>

#include <fmt/format.h>

#include "controlplane/ledger_json.h"

namespace mimir::tools {

namespace {

std::string_view verdict(bool balances) { return balances ? "balances" : "DOES NOT BALANCE"; }

}  // namespace

std::string to_text(const PacketLedger& packets, const RecordLedger& records,
                    const FactLedger& facts) {
  std::string text =
      fmt::format("packets  received {} = counted {} + dropped {}  ({})\n", packets.received,
                  packets.counted, packets.dropped_total(), verdict(packets.balances()));
  for (std::size_t i = 0; i < kDropCount; ++i) {
    if (packets.dropped[i] == 0) continue;
    text += fmt::format("  dropped {:>10}  {}: {}\n", packets.dropped[i], kDropTexts[i].name,
                        kDropTexts[i].help);
  }
  if (packets.out_of_order > 0) {
    text += fmt::format("  counted {:>10}  out of order\n", packets.out_of_order);
  }
  text += fmt::format("records  written {} = delivered {} + lost {}  ({})\n", records.written,
                      records.delivered, records.lost_ring_full, verdict(records.balances()));
  if (facts.written > 0) {
    text += fmt::format("facts    written {} = delivered {} + lost {}  ({})\n", facts.written,
                        facts.delivered, facts.lost, verdict(facts.balances()));
  }
  return text;
}

config::Json to_json(const PacketLedger& packets, const RecordLedger& records,
                     const FactLedger& facts) {
  config::Json all = config::Json::object();
  all.set("packets", controlplane::to_json(packets)).set("records", controlplane::to_json(records));
  if (facts.written > 0) all.set("facts", controlplane::to_json(facts));
  return all;
}

}  // namespace mimir::tools
