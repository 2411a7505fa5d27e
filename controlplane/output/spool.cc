// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/spool.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "controlplane/output/file_mode.h"

namespace mimir::controlplane {

namespace {

constexpr std::string_view kSuffix = ".jsonl";
constexpr std::uint64_t kSegmentShare = 16;
constexpr std::uint64_t kSegmentBytesMin = 4096;
constexpr std::size_t kReadBytes = std::size_t{1} << 16;

std::uint64_t number_of(std::string_view name) {
  if (!name.ends_with(kSuffix)) return 0;
  name.remove_suffix(kSuffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

/// Everything of a file from `offset` on, at most `bytes`; empty if it cannot be read.
std::string read_at(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
  std::string text;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  text.resize(bytes);
  std::size_t length = 0;
  while (length < bytes) {
    const ssize_t got =
        pread(file, text.data() + length, bytes - length, static_cast<off_t>(offset + length));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
  }
  text.resize(length);
  (void)close(file);
  return text;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(file, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace

Spool::Spool(std::string folder, std::uint64_t bytes_max)
    : folder_(std::move(folder)),
      bytes_max_(bytes_max),
      segment_bytes_max_(std::max(bytes_max / kSegmentShare, kSegmentBytesMin)) {}

Spool::~Spool() {
  for (const int file : {tail_file_, position_file_, lock_file_}) {
    if (file >= 0) (void)close(file);
  }
}

std::string Spool::path_of(std::uint64_t number) const {
  return fmt::format("{}/{:020}{}", folder_, number, kSuffix);
}

std::unique_ptr<Spool> Spool::open(const std::string& folder, std::uint64_t bytes_max,
                                   std::string& fault) {
  if (mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    fault = std::string("the folder cannot be made: ") + std::strerror(errno);
    return nullptr;
  }
  std::unique_ptr<Spool> spool(new Spool(folder, bytes_max));
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC;
  spool->lock_file_ = ::open((folder + "/lock").c_str(), kFlags, kFileMode);
  if (spool->lock_file_ < 0) {
    fault = std::string("nothing can be written there: ") + std::strerror(errno);
    return nullptr;
  }
  if (flock(spool->lock_file_, LOCK_EX | LOCK_NB) != 0) {
    fault = "another process has it";
    return nullptr;
  }
  spool->position_file_ = ::open((folder + "/position").c_str(), kFlags, kFileMode);
  if (spool->position_file_ < 0) {
    fault = std::string("nothing can be written there: ") + std::strerror(errno);
    return nullptr;
  }
  if (!spool->read_folder(fault)) return nullptr;
  return spool;
}

bool Spool::read_folder(std::string& fault) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const std::uint64_t number = number_of(entry.path().filename().string());
    if (number > 0) segments_.push_back({.number = number});
  }
  if (error) {
    fault = "it cannot be read: " + error.message();
    return false;
  }
  std::sort(segments_.begin(), segments_.end(),
            [](const Segment& a, const Segment& b) { return a.number < b.number; });
  if (!segments_.empty()) next_number_ = segments_.back().number + 1;
  for (Segment& segment : segments_) {
    const std::string path = path_of(segment.number);
    const std::string text = read_at(path, 0, std::filesystem::file_size(path, error));
    const std::size_t end = text.rfind('\n');
    segment.bytes = end == std::string::npos ? 0 : end + 1;
    // A torn line was promised to nobody.
    if (segment.bytes < text.size())
      (void)truncate(path.c_str(), static_cast<off_t>(segment.bytes));
  }
  read_position();
  bool is_first = true;
  for (const Segment& segment : segments_) {
    const std::uint64_t from = is_first ? read_offset_ : 0;
    const std::string text = read_at(path_of(segment.number), from, segment.bytes - from);
    found_lines_ += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    waiting_bytes_ += text.size();
    is_first = false;
  }
  waiting_lines_ = found_lines_;
  leave_read_segments();
  return true;
}

// "NUMBER OFFSET\n"; what names no place in the first segment means its beginning.
void Spool::read_position() {
  std::array<char, 64> text{};
  const ssize_t length = pread(position_file_, text.data(), text.size() - 1, 0);
  if (length <= 0) return;
  const char* const end = text.data() + length;
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  const auto [space, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || space == end || *space != ' ') return;
  if (std::from_chars(space + 1, end, offset).ec != std::errc()) return;
  next_number_ = std::max(next_number_, number + 1);
  if (!segments_.empty() && segments_.front().number == number &&
      offset <= segments_.front().bytes) {
    read_offset_ = offset;
  }
}

void Spool::write_position() const {
  const std::uint64_t number = segments_.empty() ? next_number_ : segments_.front().number;
  const std::string text = fmt::format("{:020} {:020}\n", number, read_offset_);
  (void)!pwrite(position_file_, text.data(), text.size(), 0);
}

bool Spool::open_tail() {
  if (tail_file_ >= 0) return true;
  const std::uint64_t number = next_number_;
  tail_file_ =
      ::open(path_of(number).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kFileMode);
  if (tail_file_ < 0) return false;
  ++next_number_;
  segments_.push_back({.number = number});
  return true;
}

/// Of a line that is not wholly there nothing stays.
bool Spool::write_line(const std::string& line) {
  if (!open_tail()) return false;
  Segment& tail = segments_.back();
  if (!write_all(tail_file_, line + '\n')) {
    (void)!ftruncate(tail_file_, static_cast<off_t>(tail.bytes));
    return false;
  }
  tail.bytes += line.size() + 1;
  return true;
}

Spool::Stored Spool::append(std::span<const std::string> lines) {
  const std::scoped_lock lock(mutex_);
  Stored result;
  std::uint64_t bytes = 0;
  const auto sync = [&] {
    if (tail_file_ >= 0 && fdatasync(tail_file_) != 0) result.is_synced = false;
  };
  for (const std::string& line : lines) {
    if (waiting_bytes_ + bytes + line.size() + 1 > bytes_max_) {
      ++result.full;
      continue;
    }
    if (tail_file_ >= 0 && segments_.back().bytes >= segment_bytes_max_) {
      sync();
      (void)close(tail_file_);
      tail_file_ = -1;
    }
    if (write_line(line)) {
      ++result.stored;
      bytes += line.size() + 1;
    } else {
      ++result.failed;
    }
  }
  sync();
  waiting_lines_ += result.stored;
  waiting_bytes_ += bytes;
  return result;
}

std::vector<std::string> Spool::front(std::size_t count_max) {
  const std::scoped_lock lock(mutex_);
  leave_read_segments();
  std::vector<std::string> lines;
  given_bytes_.clear();
  if (segments_.empty()) return lines;
  const Segment& first = segments_.front();
  std::uint64_t bytes = std::min<std::uint64_t>(first.bytes - read_offset_, kReadBytes);
  std::string text = read_at(path_of(first.number), read_offset_, bytes);
  // A line may be longer than what is usually read.
  if (text.find('\n') == std::string::npos) {
    text = read_at(path_of(first.number), read_offset_, first.bytes - read_offset_);
  }
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos && lines.size() < count_max;
       end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
    given_bytes_.push_back(end + 1 - begin);
    begin = end + 1;
  }
  return lines;
}

void Spool::pop(std::size_t count) {
  const std::scoped_lock lock(mutex_);
  count = std::min(count, given_bytes_.size());
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) bytes += given_bytes_[i];
  given_bytes_.erase(given_bytes_.begin(),
                     given_bytes_.begin() + static_cast<std::ptrdiff_t>(count));
  read_offset_ += bytes;
  waiting_bytes_ -= bytes;
  waiting_lines_ -= count;
  leave_read_segments();
  write_position();
}

void Spool::leave_read_segments() {
  while (!segments_.empty() && read_offset_ >= segments_.front().bytes) {
    const bool is_tail = segments_.size() == 1 && tail_file_ >= 0;
    if (is_tail && read_offset_ < segment_bytes_max_) return;
    if (is_tail) {
      (void)close(tail_file_);
      tail_file_ = -1;
    }
    (void)unlink(path_of(segments_.front().number).c_str());
    segments_.pop_front();
    read_offset_ = 0;
    given_bytes_.clear();
    write_position();
  }
}

}  // namespace mimir::controlplane
