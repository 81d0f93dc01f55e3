/**
 * Beside AWS's own clients, which tests/models describes: a source opens, ends and opens again twenty times, through a local port
 * and as a page does. Nothing hangs, no byte of one connection reaches another, and the peer's WebSocket and process live.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { listen } from "../../wasm/dist/node.js";
import { connect, messages } from "./model.js";
import { Peer, greeting } from "./peers/peer.js";
import { CLIENTS } from "./peers/table.js";
import { read, tcp, until } from "./programs.js";

const TIMES = 20;
/** A pause between two connections, in which everything that is under way arrives, in milliseconds of the model's time. */
const PAUSE = 300;

/** A source whose tunnel ends at such a peer. Time goes on for as long as something is waited for. */
function beside(t, file, service, format, kind) {
  const rig = connect({ services: ["SSH"], format }, kind);
  const peer = new Peer(file, service, format);
  rig.socket.accept();
  rig.socket.announce("SSH");
  const { socket, clock } = rig;
  t.after(() => rig.connection.close());
  // One message each way in a turn, so that something is always under way.
  let isOver = false;
  t.after(() => (isOver = true));
  void (async () => {
    while (!isOver) {
      for (const bytes of socket.sent.splice(0)) messages(bytes).forEach((message) => peer.receive(message));
      if (!socket.paused) for (const message of peer.act()) socket.deliver(message);
      await clock.advance(10);
    }
  })();
  const pause = async () => {
    const end = clock.now() + PAUSE;
    await until(() => clock.now() >= end, "the pause");
    await until(() => !peer.isBusy, "the peer's rest");
  };
  return { ...rig, peer, pause };
}

/** What a person does with a connection, whose number it is: each gives the bytes that came, and has ended it. */
const USES = {
  "sends back what it gets": (number) => ({ sends: greeting(number + 1), expects: greeting(number + 1) }),
  "speaks first": (number) => ({ expects: greeting(number + 1) }),
  "speaks and ends": (number) => ({ expects: greeting(number + 1), isEndedByPeer: true }),
  "floods whoever comes": (number) => ({ expects: greeting(number + 1) }),
};

for (const [client, file] of Object.entries(CLIENTS)) {
  for (const format of ["V1", "V2", "V3"]) {
    for (const [service, use] of Object.entries(USES)) {
      for (const hasPause of [false, true]) {
        const how = `${format}, the service ${service}, ${hasPause ? "with" : "without"} pauses`;

        test(`a local port beside ${client}: ${how}`, async (t) => {
          const { connection, peer, pause, told } = beside(t, file, service, format, "node");
          const { port, close } = await listen({ connection, service: "SSH", port: 0 });
          t.after(close);
          for (let number = 0; number < TIMES; number += 1) {
            const { sends, expects, isEndedByPeer } = use(number);
            const socket = await tcp(port);
            if (sends) socket.write(sends);
            const got = await read(socket, isEndedByPeer ? Infinity : expects.length);
            assert.equal(got.subarray(0, expects.length).toString(), expects.toString());
            if (isEndedByPeer) assert.equal(got.length, expects.length);
            const closed = once(socket, "close");
            if (isEndedByPeer) socket.end();
            else socket.resetAndDestroy();
            await closed;
            if (hasPause) await pause();
          }
          assert.deepEqual([peer.harm, told.errors, connection.state], [[], [], "open"]);
        });

        test(`a page's streams beside ${client}: ${how}`, async (t) => {
          const { connection, peer, pause, told } = beside(t, file, service, format, "browser");
          for (let number = 0; number < TIMES; number += 1) {
            const { sends, expects, isEndedByPeer } = use(number);
            const stream = await connection.open("SSH");
            if (sends) await stream.writable.getWriter().write(sends);
            const reader = stream.readable.getReader();
            let got = Buffer.alloc(0);
            while (got.length < expects.length || isEndedByPeer) {
              const { done, value } = await reader.read();
              if (done) break;
              got = Buffer.concat([got, value]);
            }
            assert.equal(got.subarray(0, expects.length).toString(), expects.toString());
            if (isEndedByPeer) assert.equal(got.length, expects.length);
            // As the console does when a download has failed or is complete.
            stream.reset();
            if (hasPause) await pause();
          }
          assert.deepEqual([peer.harm, told.errors, connection.state], [[], [], "open"]);
        });
      }
    }

    test(`what is written and closed at once arrives whole beside ${client} (${format})`, async (t) => {
      const { connection, peer, told } = beside(t, file, "keeps what it gets", format, "node");
      const { port, close } = await listen({ connection, service: "SSH", port: 0, halfCloseSilence: 50 });
      t.after(close);
      for (let number = 1; number <= TIMES; number += 1) {
        const bytes = Buffer.alloc(200_000, number);
        const socket = await tcp(port);
        socket.end(bytes);
        await until(() => peer.delivered[number]?.length === bytes.length, `the bytes of connection ${number}`);
        assert.ok(peer.delivered[number].equals(bytes));
        await new Promise((resolve) => socket.resume().once("close", resolve));
      }
      assert.deepEqual([peer.harm, told.errors, connection.state], [[], [], "open"]);
    });
  }
}
