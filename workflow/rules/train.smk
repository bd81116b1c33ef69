# Networks. In: windows and features of the training and validation splits. Out, for each variant V and seed N:
#   results/D/trained/V/seedN/   model.safetensors, training.json (parameters and provenance), log.csv (losses by epoch)
# A training that was killed goes on from results/checkpoints/D/V/seedN/CODE, which is removed at its end. A checkpoint of
# other parameters or data is discarded; one of other code is in another folder.


rule train:
    input:
        [variants.files("train", pattern) for pattern in (WEIGHTS, DESCRIPTION, LOG)],


rule train_network:
    input:
        annotations="data/{dataset}/annotations/validation.json",
        training_windows="data/{dataset}/windows/training.json",
        training_features="data/{dataset}/features/training.json",
        training_array=ancient("data/{dataset}/features/training.npy"),
        validation_windows="data/{dataset}/windows/validation.json",
        validation_features="data/{dataset}/features/validation.json",
        validation_array=ancient("data/{dataset}/features/validation.npy"),
        sources=of_variant(training_files),
    output:
        weights="results/{dataset}/trained/{variant}/seed{seed}/model.safetensors",
        description="results/{dataset}/trained/{variant}/seed{seed}/training.json",
        losses="results/{dataset}/trained/{variant}/seed{seed}/log.csv",
    log:
        "logs/{dataset}/train/{variant}_seed{seed}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/train/{variant}_seed{seed}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: cores_a_job()
    resources:
        mem_mb=4000,
        runtime=1440,
        gpu=int(device() != "cpu"),
        device=device(),
        keep_features=keep_features(),
    params:
        cfg=parameters("train"),
        code=lambda wildcards: sources.digest(ROOT, training_files(wildcards.variant)),
    shell:
        "react-tad train --cfg {params.cfg} --annotations {input.annotations}"
        " --training-windows {input.training_windows} --training-features {input.training_features}"
        " --validation-windows {input.validation_windows} --validation-features {input.validation_features}"
        " --checkpoints results/checkpoints/{wildcards.dataset}/{wildcards.variant}/seed{wildcards.seed}/{params.code}"
        " --stale-checkpoint discard"
        " --out $(dirname {output.weights}) --threads 1 --device {resources.device} {resources.keep_features} > {log} 2>&1"
