// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/outputs.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "controlplane/output/file_mode.h"
#include "controlplane/output/kafka_sink.h"
#include "controlplane/output/socket_sink.h"
#include "controlplane/output/syslog_message.h"
#include "controlplane/output/webhook_sink.h"

namespace mimir::controlplane {

namespace {

std::optional<std::string> read_token(const std::string& path, config::Diagnostics& diagnostics) {
  std::ifstream file(path);
  std::string token((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  token.erase(token.find_last_not_of(" \r\n\t") + 1);
  if (!token.empty()) return token;
  diagnostics.error({.file = path}, "the token cannot be read or is empty",
                    "the file holds the token and nothing else");
  return std::nullopt;
}

std::unique_ptr<Sink> make_sink(const SinkConfig& config, config::Diagnostics& diagnostics) {
  const auto target = parse_sink_target(config.to);
  std::string fault = "it is no target";
  std::string token;
  if (!config.token_file.empty()) {
    auto read = read_token(config.token_file, diagnostics);
    if (!read) return nullptr;
    token = std::move(*read);
  }
  if (!config.ca_file.empty() && access(config.ca_file.c_str(), R_OK) != 0) {
    diagnostics.error({.file = config.ca_file}, std::string("cannot be read: ") + strerror(errno),
                      "output.sinks[].ca_file names certificates in PEM");
    return nullptr;
  }
  if (target && target->kind == SinkKind::kWebhook) {
    return make_webhook_sink({.url = target->url, .token = token, .ca_path = config.ca_file});
  }
  if (target && target->kind == SinkKind::kKafka) {
    auto sink = make_kafka_sink({.brokers = target->host,
                                 .topic = target->path,
                                 .is_tls = target->is_tls,
                                 .ca_path = config.ca_file},
                                fault);
    if (sink != nullptr) return sink;
  } else if (target) {
    return std::make_unique<SocketSink>(*target, config.ca_file, syslog_origin());
  }
  diagnostics.error({.file = "output.sinks"}, config.to + ": " + fault, "see config/reference.md");
  return nullptr;
}

}  // namespace

Outputs::Outputs(std::unique_ptr<RotatingFile> file)
    : file_(std::move(file)),
      file_lane_(kQueueBytesMax, [this](const std::vector<std::string>& lines) {
        if (must_reopen_.exchange(false)) file_->reopen();
        for (const std::string& line : lines) file_->write(line);
      }) {}

std::unique_ptr<Outputs> Outputs::open(const OutputOptions& options, SpooledSink::News news,
                                       config::Diagnostics& diagnostics) {
  auto file = RotatingFile::open(options.file, options.rotation, diagnostics);
  if (file == nullptr) return nullptr;
  std::unique_ptr<Outputs> outputs(new Outputs(std::move(file)));
  const std::string& folder = options.spool_folder;
  if (!options.sinks.empty() && mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    diagnostics.error({.file = folder},
                      std::string("the spool cannot be made: ") + std::strerror(errno),
                      "output.spool names a folder in one that exists");
    return nullptr;
  }
  const std::size_t errors_before = diagnostics.error_count();
  for (const SinkConfig& config : options.sinks) {
    auto sink = make_sink(config, diagnostics);
    if (sink == nullptr) continue;
    std::string fault;
    const std::string path = folder + '/' + config.name;
    auto spool = Spool::open(path, options.spool_bytes_max, fault);
    if (spool == nullptr) {
      diagnostics.error({.file = path}, "no spool: " + fault,
                        "each appliance has an output.spool of its own");
      continue;
    }
    outputs->sinks_.push_back(std::make_unique<SpooledSink>(
        config.name, std::move(spool), std::move(sink), options.patience, news));
  }
  if (diagnostics.error_count() > errors_before) return nullptr;
  return outputs;
}

void Outputs::write(const config::Json& alert) {
  const std::string line = config::to_text(alert);
  ++file_given_;
  if (!file_lane_.push(line)) ++file_queue_full_;
  for (const auto& sink : sinks_) sink->write(line);
}

void Outputs::reopen() {
  must_reopen_ = true;
  file_lane_.poke();
}

void Outputs::finish() {
  file_lane_.stop();
  for (const auto& sink : sinks_) sink->finish();
}

std::vector<OutputStatus> Outputs::status() const {
  std::vector<OutputStatus> all;
  OutputStatus file{.name = "file"};
  file.delivered = file_->written();
  file.failed = file_->lost();
  file.queue_full = file_queue_full_;
  file.given = file_given_;
  file.waiting = file.given - file.delivered - file.lost();
  file.is_up = file.failed == 0;
  all.push_back(std::move(file));
  for (const auto& sink : sinks_) all.push_back(sink->status());
  return all;
}

}  // namespace mimir::controlplane
