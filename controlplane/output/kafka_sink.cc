// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/kafka_sink.h"

#include <array>
#include <librdkafka/rdkafka.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace mimir::controlplane {

namespace {

constexpr int kBrokerPatienceMs = 10'000;
/// librdkafka gives a message up a moment before we do, and says so.
constexpr const char* kMessagePatienceMs = "8000";
constexpr std::size_t kErrorBytes = 512;

/// What became of one message.
enum class Fate { kUnknown, kArrived, kRefused, kFailed };

struct CloseProducer {
  void operator()(rd_kafka_t* producer) const {
    (void)rd_kafka_purge(producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(producer);
  }
};
using Producer = std::unique_ptr<rd_kafka_t, CloseProducer>;

struct CloseSettings {
  void operator()(rd_kafka_conf_t* settings) const { rd_kafka_conf_destroy(settings); }
};

bool is_final(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
         error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE || error == RD_KAFKA_RESP_ERR_INVALID_MSG;
}

void on_delivery(rd_kafka_t* /*producer*/, const rd_kafka_message_t* message, void* /*opaque*/) {
  Fate& fate = *static_cast<Fate*>(message->_private);
  fate = message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? Fate::kArrived
         : is_final(message->err)                   ? Fate::kRefused
                                                    : Fate::kFailed;
}

/// The log says when a sink is down, once; the library would say it each time.
void ignore_log(const rd_kafka_t* /*producer*/, int /*level*/, const char* /*facility*/,
                const char* /*text*/) {}

Producer make_producer(const KafkaOptions& options, std::string& fault) {
  std::unique_ptr<rd_kafka_conf_t, CloseSettings> settings(rd_kafka_conf_new());
  std::vector<std::pair<const char*, std::string>> values{
      {"bootstrap.servers", options.brokers},
      {"client.id", "mimir"},
      {"enable.idempotence", "true"},
      {"message.timeout.ms", kMessagePatienceMs},
      {"linger.ms", "5"},
      {"security.protocol", options.is_tls ? "ssl" : "plaintext"}};
  if (!options.ca_path.empty()) values.emplace_back("ssl.ca.location", options.ca_path);
  std::array<char, kErrorBytes> error{};
  for (const auto& [name, value] : values) {
    if (rd_kafka_conf_set(settings.get(), name, value.c_str(), error.data(), error.size()) !=
        RD_KAFKA_CONF_OK) {
      fault = error.data();
      return nullptr;
    }
  }
  rd_kafka_conf_set_dr_msg_cb(settings.get(), on_delivery);
  rd_kafka_conf_set_log_cb(settings.get(), ignore_log);
  Producer producer(rd_kafka_new(RD_KAFKA_PRODUCER, settings.get(), error.data(), error.size()));
  if (producer == nullptr) {
    fault = error.data();
    return nullptr;
  }
  (void)settings.release();  // the producer has it now
  return producer;
}

class KafkaSink final : public Sink {
 public:
  KafkaSink(KafkaOptions options, Producer producer)
      : options_(std::move(options)), producer_(std::move(producer)) {}

  [[nodiscard]] Delivery deliver(std::span<const std::string> lines) override {
    Delivery delivery;
    if (producer_ == nullptr) producer_ = make_producer(options_, delivery.fault);
    if (producer_ == nullptr) return delivery;
    std::vector<Fate> fates(lines.size(), Fate::kUnknown);
    for (std::size_t i = 0; i < lines.size(); ++i) produce(lines[i], fates[i]);
    (void)rd_kafka_flush(producer_.get(), kBrokerPatienceMs);
    // The library writes into `fates` until it has let go of every message.
    (void)rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(producer_.get(), kBrokerPatienceMs);
    for (const Fate fate : fates) {
      if (fate == Fate::kArrived) {
        ++delivery.arrived;
      } else if (fate == Fate::kRefused) {
        ++delivery.refused;
      } else {
        delivery.fault = fmt::format("no broker of {} took it in time", options_.brokers);
        break;
      }
    }
    // An idempotent producer that has failed is of no more use.
    if (!delivery.fault.empty()) producer_.reset();
    return delivery;
  }

 private:
  void produce(const std::string& line, Fate& fate) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): its macros cast as C does
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        producer_.get(), RD_KAFKA_VTYPE_TOPIC, options_.topic.c_str(), RD_KAFKA_VTYPE_VALUE,
        line.data(), line.size(), RD_KAFKA_VTYPE_MSGFLAGS, int{RD_KAFKA_MSG_F_COPY},
        RD_KAFKA_VTYPE_OPAQUE, &fate, RD_KAFKA_VTYPE_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    fate = is_final(error) ? Fate::kRefused : Fate::kFailed;
  }

  KafkaOptions options_;
  Producer producer_;
};

}  // namespace

std::unique_ptr<Sink> make_kafka_sink(const KafkaOptions& options, std::string& fault) {
  Producer producer = make_producer(options, fault);
  if (producer == nullptr) return nullptr;
  return std::make_unique<KafkaSink>(options, std::move(producer));
}

}  // namespace mimir::controlplane
