#include "backlog.h"

#include <string.h>
#include <sys/socket.h>

#include "host.h"

void backlog_keep(struct backlog *backlog, const void *owner, iot_tunnel_bytes bytes)
{
    backlog->owner = owner;
    backlog->since = host_now();
    backlog->start = 0;
    backlog->end = bytes.len;
    memcpy(backlog->bytes, bytes.ptr, bytes.len);
}

void backlog_forget(struct backlog *backlog)
{
    backlog->owner = NULL;
    backlog->start = backlog->end = 0;
}

ssize_t backlog_write(struct backlog *backlog, int socket)
{
    ssize_t sent = send(socket, backlog->bytes + backlog->start, backlog->end - backlog->start, MSG_NOSIGNAL);
    if (sent > 0) {
        backlog->start += (size_t)sent;
        backlog->since = host_now();
        if (backlog->start == backlog->end) {
            backlog_forget(backlog);
        }
    }
    return sent;
}
