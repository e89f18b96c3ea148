// libcurl for Swift.
//
// curl_easy_setopt, curl_multi_setopt and curl_easy_getinfo are variadic, which Swift cannot call: each
// type of argument that is used gets an inline function here, so that a wrong type does not compile.
// epoll and eventfd drive curl's socket interface and are missing from the Glibc module.
#pragma once

#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

static inline CURLcode hb_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode hb_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode hb_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode hb_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode hb_easy_set_headers(CURL *easy, struct curl_slist *headers) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}

typedef size_t (*hb_write_function)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode hb_easy_set_write_function(CURL *easy, hb_write_function function, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
    return code ? code : curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
}

static inline CURLcode hb_easy_set_header_function(CURL *easy, hb_write_function function, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function);
    return code ? code : curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
}

typedef int (*hb_prereq_function)(
    void *context, char *remote_ip, char *local_ip, int remote_port, int local_port);

static inline CURLcode hb_easy_set_prereq_function(
    CURL *easy, hb_prereq_function function, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
    return code ? code : curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
}

typedef curl_socket_t (*hb_open_socket_function)(
    void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode hb_easy_set_open_socket_function(
    CURL *easy, hb_open_socket_function function, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
    return code ? code : curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
}

typedef int (*hb_close_socket_function)(void *context, curl_socket_t socket);

static inline CURLcode hb_easy_set_close_socket_function(
    CURL *easy, hb_close_socket_function function, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
    return code ? code : curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, context);
}

static inline CURLcode hb_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode hb_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

/// The text stays curl's.
static inline CURLcode hb_easy_get_string(CURL *easy, CURLINFO info, const char **value) {
    return curl_easy_getinfo(easy, info, (char **)value);
}

static inline CURLcode hb_easy_get_socket(CURL *easy, CURLINFO info, curl_socket_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode hb_easy_get_private(CURL *easy, void **value) {
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)value);
}

static inline CURLMcode hb_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

typedef int (*hb_socket_function)(
    CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context);

static inline CURLMcode hb_multi_set_socket_function(
    CURLM *multi, hb_socket_function function, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
    return code ? code : curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
}

typedef int (*hb_timer_function)(CURLM *multi, long timeout_ms, void *context);

static inline CURLMcode hb_multi_set_timer_function(CURLM *multi, hb_timer_function function, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
    return code ? code : curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

/// CURLMsg holds its result in a union, which Swift shows as raw bytes.
static inline CURLcode hb_message_result(const CURLMsg *message) { return message->data.result; }

/// Names the calling thread in top and gdb; cut to 15 bytes. prctl is variadic, and pthread_setname_np
/// hides behind _GNU_SOURCE: Swift can call neither.
static inline void hb_curl_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
