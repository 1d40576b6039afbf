#include "protocol/meta_command.h"

#include "protocol/meta_flags.h"

namespace overtake {
namespace {

// Where the meta commands' lines differ.
struct Form {
  size_t words = 1;  // before the flags, behind the name
  // Of the whole line at most: memcached 1.6.18's, and for ms, whose data block it does not swallow
  // behind this error, 1.6.45's.
  size_t max_words = 19;
  std::string_view too_long = "CLIENT_ERROR options flags are too long";
  std::string_view bad_flag =
      {};  // all that it says of flags that cannot be read; "": ParseMetaFlags' words
  std::string_view modes = {};  // that M may ask for; "": nobody reads it
  std::string_view bad_mode = {};
};
constexpr std::string_view kTooLong = "CLIENT_ERROR options flags too long";
constexpr std::string_view kBadFlag = "CLIENT_ERROR invalid or duplicate flag";

constexpr Form kGet = {};
constexpr Form kSet = {.words = 2,
                       .max_words = 20,
                       .modes = "EAPRS",
                       .bad_mode = "CLIENT_ERROR invalid mode for ms M token"};
constexpr Form kDelete = {.too_long = kTooLong, .bad_flag = kBadFlag};
constexpr Form kArithmetic = {.too_long = kTooLong,
                              .bad_flag = kBadFlag,
                              .modes = "I+D-",
                              .bad_mode = "CLIENT_ERROR invalid mode for ma M token"};

std::optional<size_t> Parse(const Form& form, const Tokens& words, std::string_view arguments,
                            Request* request) {
  std::optional<size_t> length;
  const auto fail = [request, &length](std::string_view error) {
    Fail(error, request);
    return length;
  };
  if (words.count <= form.words) return fail(kBadFormat);
  if (form.words == 2) {
    length = ParseLength(words[2]);
    if (!length.has_value()) return fail(kBadFormat);
  }
  if (!FitsKey(words[1])) return fail(kBadFormat);
  request->key = words[1];
  if (words.count > form.max_words) return fail(form.too_long);
  const std::string_view last = words[form.words];
  arguments.remove_prefix(static_cast<size_t>(last.data() + last.size() - arguments.data()));
  request->text = arguments;
  const std::string_view error = ParseMetaFlags(request);
  if (!error.empty()) return fail(form.bad_flag.empty() ? error : form.bad_flag);
  const MetaFlags& meta = request->meta;
  if (meta.Has('M') && !form.modes.empty() && form.modes.find(meta.mode) == form.modes.npos) {
    return fail(form.bad_mode);
  }
  if (!OpaqueFits(*request)) return fail("CLIENT_ERROR opaque token too long");
  return length;
}

}  // namespace

std::optional<size_t> ParseMetaGet(const Tokens& words, std::string_view arguments,
                                   Request* request) {
  return Parse(kGet, words, arguments, request);
}

std::optional<size_t> ParseMetaSet(const Tokens& words, std::string_view arguments,
                                   Request* request) {
  return Parse(kSet, words, arguments, request);
}

std::optional<size_t> ParseMetaDelete(const Tokens& words, std::string_view arguments,
                                      Request* request) {
  return Parse(kDelete, words, arguments, request);
}

std::optional<size_t> ParseMetaArithmetic(const Tokens& words, std::string_view arguments,
                                          Request* request) {
  return Parse(kArithmetic, words, arguments, request);
}

// me has one flag, and no errors of its own.
std::optional<size_t> ParseMetaDebug(const Tokens& words, std::string_view /*arguments*/,
                                     Request* request) {
  if (words.count < 2 || !FitsKey(words[1])) return Fail(kBadFormat, request);
  request->key = words[1];
  if (words.count > 2 && words[2] == "b") request->text = words[2];
  return ParseMetaFlags(request).empty() ? std::nullopt : Fail(kBadFormat, request);
}

}  // namespace overtake
