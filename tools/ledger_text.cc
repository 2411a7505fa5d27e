// SPDX-License-Identifier: Apache-2.0
#include "tools/ledger_text.h"

#include <string_view>

#include <fmt/format.h>

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
  config::Json dropped = config::Json::object();
  for (std::size_t i = 0; i < kDropCount; ++i) {
    if (packets.dropped[i] > 0) dropped.set(std::string(kDropTexts[i].name), packets.dropped[i]);
  }
  config::Json packet_side = config::Json::object();
  packet_side.set("received", packets.received)
      .set("counted", packets.counted)
      .set("counted_bytes", packets.counted_bytes)
      .set("out_of_order", packets.out_of_order)
      .set("dropped", std::move(dropped))
      .set("balances", packets.balances());
  config::Json record_side = config::Json::object();
  record_side.set("written", records.written)
      .set("delivered", records.delivered)
      .set("lost_ring_full", records.lost_ring_full)
      .set("packets_lost", records.packets_lost)
      .set("balances", records.balances());
  config::Json both = config::Json::object();
  both.set("packets", std::move(packet_side)).set("records", std::move(record_side));
  if (facts.written > 0) {
    config::Json fact_side = config::Json::object();
    fact_side.set("written", facts.written)
        .set("lost", facts.lost)
        .set("delivered", facts.delivered)
        .set("balances", facts.balances());
    both.set("facts", std::move(fact_side));
  }
  return both;
}

}  // namespace mimir::tools
