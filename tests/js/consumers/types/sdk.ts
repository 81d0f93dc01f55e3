/** A request goes to the AWS SDK as it is, and the SDK's answer is what comes back. */

import type { RotateTunnelAccessTokenCommandInput, RotateTunnelAccessTokenCommandOutput } from "@aws-sdk/client-iotsecuretunneling";
import { expectTypeOf } from "expect-type";
import { type RotateInput, type RotateResponse, rotateRequest } from "iot-tunnel";

expectTypeOf<RotateInput>().toExtend<RotateTunnelAccessTokenCommandInput>();
expectTypeOf<RotateResponse>().toExtend<Omit<RotateTunnelAccessTokenCommandOutput, "$metadata">>();
// What somebody has made for the SDK can be judged.
declare const input: RotateTunnelAccessTokenCommandInput;
void rotateRequest(input);
// Where its own types cannot be found, everything would go to it.
expectTypeOf<RotateTunnelAccessTokenCommandInput["tunnelId"]>().toEqualTypeOf<string | undefined>();
