/** The page that travels with every receipt and says how to check it with tools that are not ours. */

/**
 * `VERIFY.md`. Its hash is part of what is signed, so that nobody can change the instructions unnoticed.
 */
export const verifyInstructions = `# How to check this delivery

You need \`sha256sum\`, \`openssl\` 3 and the public key \`evidence-key.pem\`. The key is in the set-up kit that your
administrator received when the connection was made. Never take it from this package: whoever forges a package
forges the key in it too. Put it beside this file and run, here:

1. The files are those of the manifest:

       sha256sum -c manifest-sha256.txt

2. The receipt was signed with that key:

       openssl pkeyutl -verify -pubin -inkey evidence-key.pem -rawin -in receipt.signed -sigfile receipt.sig

3. The receipt is about this manifest. The signed bytes are readable text; they list the SHA-256 of every file of the
   report, and of the manifest itself:

       grep -c "$(sha256sum < manifest-sha256.txt | cut -c 1-64)" receipt.signed

   prints 1.

4. The log's checkpoint was signed with that key too:

       sed '/^$/,$d' checkpoint > /tmp/checkpoint.text
       sed '1,/^$/d' checkpoint | head -n 1 | cut -d ' ' -f 3 | base64 -d | tail -c 64 > /tmp/checkpoint.sig
       openssl pkeyutl -verify -pubin -inkey evidence-key.pem -rawin -in /tmp/checkpoint.text -sigfile /tmp/checkpoint.sig

All of this at once, and that the entry \`receipt.entry.json\` is in the log of that checkpoint:

    drawbridge receipt verify . --key evidence-key.pem

\`receipt.tlog-proof\` and \`checkpoint\` are in the formats of C2SP (c2sp.org/tlog-proof, c2sp.org/tlog-checkpoint), so
other implementations read them too. Keep the checkpoint: two checkpoints of the same log that contradict each other
prove that its history was rewritten.
`
