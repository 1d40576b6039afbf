// The file of users and passwords (-Y).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "protocol/authenticator.h"

namespace overtake {

// A line "user:password" for each user; the password goes to the end of the line and may hold
// colons. As in memcached only the first kMaxEntries lines count, and a line without a colon, be it
// empty, makes the file bad. Any thread.
class Credentials final : public Authenticator {
 public:
  static constexpr size_t kMaxEntries = 8;
  static constexpr size_t kMaxLineBytes = 255;

  // Errors: NotFound when the file cannot be read, InvalidArgument when a line is malformed or too
  // long. In memcached's words where it has some.
  static absl::StatusOr<std::unique_ptr<Credentials>> Load(const std::string& path);

  // Reads the file again. With an error everything stays as it was. Clients that have authenticated
  // themselves stay so.
  absl::Status Reload();

  bool Accepts(std::string_view user, std::string_view password) const override;

 private:
  using Entries = std::vector<std::pair<std::string, std::string>>;

  explicit Credentials(std::string path) : path_(std::move(path)) {}
  absl::StatusOr<Entries> Read() const;

  const std::string path_;
  mutable Mutex mutex_;
  Entries entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace overtake
