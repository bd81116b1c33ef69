# Recordings. In: a public address, a mirror folder or the user's own files, or nothing for a generated data set. Out, for
# each data set:
#   data/D/raw/             downloaded files and manifest.json: where they come from, their sizes and checksums; for own data
#                           SPLIT.json: what there is of a split, with checksums
#   data/D/downloads/       no output, so that Snakemake does not remove it: what is there and right is not fetched again.
#                           raw/ has hard links to it, or copies where it is on another file system
#   data/D/extracted/       VIDEO.npy and VIDEO.json, a job a film, where own data are films
#   data/D/annotations/     SPLIT.json: every instance of every recording of a split, ActivityNet style
#   data/D/features/        an array SPLIT.npy a split, and SPLIT.json: recordings, offsets, times and the array's checksum
#   data/D/windows/         SPLIT.json: where the windows are cut and the instances in each
# A split is training, validation, test, or new: recordings of own data that are only detected in. Own data are taken over
# split by split, so that a change of one does nothing to the others; all other data sets as a whole.


rule fetch:
    input:
        of_raw_data("data/{dataset}/raw/{name}.json", name=RAW_MANIFESTS + variants.new),
        of_raw_data(asked.raw_files(experiment)),


rule features:
    input:
        of_splits("data/{dataset}/annotations/{split}.json"),
        of_splits("data/{dataset}/features/{split}.{kind}", kind=["json", "npy"]),


rule windows:
    input:
        of_splits("data/{dataset}/windows/{split}.json"),


rule data:
    input:
        rules.windows.input,


if variants.own.contents:

    rule fetch_own_recordings:
        input:
            sources=source_files("fetch"),
        output:
            manifest="data/{dataset}/raw/{split}.json",
        log:
            "logs/{dataset}/fetch_{split}.txt",
        benchmark:
            "logs/{dataset}/benchmarks/fetch_{split}.tsv"
        wildcard_constraints:
            dataset=THE_DATA_SET,
        conda:
            "../envs/react-tad.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=120,
            places=places(),
        params:
            cfg=parameters("fetch"),
        shell:
            "{{ react-tad fetch --cfg {params.cfg} --places {resources.places:q} --split {wildcards.split}"
            " --to data/{wildcards.dataset}/downloads"
            " && from=data/{wildcards.dataset}/downloads/{wildcards.split}.json"
            " && {{ ln -L $from {output.manifest} 2> /dev/null || cp $from {output.manifest}; }}; }} > {log} 2>&1"

    # A film whose content, network and clips are those of before is not extracted again, wherever it lies.
    rule extract_features:
        input:
            sources=source_files("extract"),
        output:
            features="data/{dataset}/extracted/{video}.npy",
            description="data/{dataset}/extracted/{video}.json",
        log:
            "logs/{dataset}/extract/{video}.txt",
        benchmark:
            "logs/{dataset}/benchmarks/extract/{video}.tsv"
        wildcard_constraints:
            dataset=THE_DATA_SET,
        conda:
            "../envs/react-tad.yaml"
        threads: cores_a_job()
        resources:
            mem_mb=4000,
            runtime=600,
            gpu=int(device() != "cpu"),
            device=device(),
            film=film,
            how=lambda wildcards: variants.of_extraction,
        params:
            cfg=lambda wildcards: variants.extraction(wildcards.video),
        shell:
            "react-tad extract {resources.film:q} {resources.how} --out data/{wildcards.dataset}/extracted"
            " --threads 1 --device {resources.device} > {log:q} 2>&1"

    rule compute_own_features:
        input:
            manifest="data/{dataset}/raw/{split}.json",
            extracted=of_films("data/{dataset}/extracted/{video}.json"),
            arrays=ancient(of_films("data/{dataset}/extracted/{video}.npy")),
            sources=source_files("features"),
        output:
            annotations="data/{dataset}/annotations/{split}.json",
            array="data/{dataset}/features/{split}.npy",
            manifest="data/{dataset}/features/{split}.json",
        log:
            "logs/{dataset}/features_{split}.txt",
        benchmark:
            "logs/{dataset}/benchmarks/features_{split}.tsv"
        wildcard_constraints:
            dataset=THE_DATA_SET,
        conda:
            "../envs/react-tad.yaml"
        threads: 1
        resources:
            mem_mb=4000,
            runtime=60,
            places=places(),
        params:
            cfg=parameters("features"),
        shell:
            "react-tad features --cfg {params.cfg} --places {resources.places:q} --split {wildcards.split}"
            " --raw $(dirname {input.manifest}) --annotations $(dirname {output.annotations})"
            " --features $(dirname {output.manifest}) > {log} 2>&1"

else:

    # On a cluster it is the login node that reaches the internet.
    localrules:
        fetch_recordings,

    rule fetch_recordings:
        input:
            sources=source_files("fetch"),
        output:
            manifest="data/{dataset}/raw/manifest.json",
            files=asked.raw_files(experiment),
        log:
            "logs/{dataset}/fetch.txt",
        benchmark:
            "logs/{dataset}/benchmarks/fetch.tsv"
        wildcard_constraints:
            dataset=THE_DATA_SET,
        conda:
            "../envs/react-tad.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=120,
        params:
            cfg=parameters("fetch"),
        shell:
            "{{ react-tad fetch --cfg {params.cfg} --to data/{wildcards.dataset}/downloads"
            " && for file in {output}; do"
            " from=data/{wildcards.dataset}/downloads/$(basename $file);"
            " ln -L $from $file 2> /dev/null || cp $from $file || exit 1;"
            " done; }} > {log} 2>&1"

    rule compute_features:
        input:
            manifest="data/{dataset}/raw/manifest.json",
            files=ancient(asked.raw_files(experiment)),
            sources=source_files("features"),
        output:
            annotations=expand(
                "data/{{dataset}}/annotations/{split}.json", split=variants.splits
            ),
            arrays=expand(
                "data/{{dataset}}/features/{split}.npy", split=variants.splits
            ),
            manifests=expand(
                "data/{{dataset}}/features/{split}.json", split=variants.splits
            ),
        log:
            "logs/{dataset}/features.txt",
        benchmark:
            "logs/{dataset}/benchmarks/features.tsv"
        wildcard_constraints:
            dataset=THE_DATA_SET,
        conda:
            "../envs/react-tad.yaml"
        threads: 1
        resources:
            mem_mb=4000,
            runtime=60,
        params:
            cfg=parameters("features"),
        shell:
            "react-tad features --cfg {params.cfg} --raw $(dirname {input.manifest})"
            " --annotations data/{wildcards.dataset}/annotations --features data/{wildcards.dataset}/features > {log} 2>&1"


rule cut_windows:
    input:
        annotations="data/{dataset}/annotations/{split}.json",
        features="data/{dataset}/features/{split}.json",
        sources=source_files("windows"),
    output:
        windows="data/{dataset}/windows/{split}.json",
    log:
        "logs/{dataset}/windows_{split}.txt",
    benchmark:
        "logs/{dataset}/benchmarks/windows_{split}.tsv"
    conda:
        "../envs/react-tad.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        cfg=parameters("windows"),
    shell:
        "react-tad windows --cfg {params.cfg} --annotations {input.annotations} --features {input.features}"
        " --out {output.windows} > {log} 2>&1"
